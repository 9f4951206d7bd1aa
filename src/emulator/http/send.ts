import type { ServerResponse } from "node:http";
import type { Reply } from "./reply.js";
import { bytesOf } from "./reply.js";

/** Sends an answer. */
export function send(response: ServerResponse, reply: Reply): void {
  if ("stream" in reply.body) {
    response.writeHead(reply.status, reply.headers);
    reply.body.stream(response);
    return;
  }
  const bytes = bytesOf(reply);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": bytes.length });
  response.end(bytes);
}
