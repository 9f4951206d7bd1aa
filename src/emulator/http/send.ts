import type { ServerResponse } from "node:http";
import type { Reply } from "./reply.js";
import { bytesOf } from "./reply.js";

/** Sends an answer. */
export function send(response: ServerResponse, reply: Reply): void {
  const bytes = bytesOf(reply);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": bytes.length });
  response.end(bytes);
}
