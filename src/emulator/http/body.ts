import type { IncomingMessage } from "node:http";
import { problem } from "./problem.js";
import { Refusal } from "./reply.js";

/** The largest request body that is read. */
export const MAX_BODY_BYTES: number = 1024 * 1024;

/** What is thrown away of a larger one, so that its sender can still read why it was refused. */
const MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES;

/** The sender hung up before its request was complete. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/** The request's body. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (): void => reject(tooLarge());
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else if (length > MAX_DISCARDED_BYTES) refuse();
      else chunks.length = 0;
    });
    request.on("end", () => {
      if (length > MAX_BODY_BYTES) refuse();
      else
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    });
    request.on("close", () => reject(new ClientGone()));
    request.on("error", () => reject(new ClientGone()));
  });
}

function tooLarge(): Refusal {
  const detail = `The request body is larger than ${MAX_BODY_BYTES} bytes.`;
  return new Refusal(problem(413, detail, { Connection: "close" }));
}
