import type { ServerResponse } from "node:http";

/** An answer that is not sent yet. JSON stays a value until then, so that a fault can change it. */
export interface Reply {
  readonly status: number;
  /** Without `Content-Length`, which follows from the body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly json: unknown } | { readonly bytes: Buffer } | { readonly stream: Stream };
}

/** Writes a body that has no end of its own. */
export type Stream = (response: ServerResponse) => void;

/** What ASP.NET puts on a JSON answer. */
const JSON_TYPE = "application/json; charset=utf-8";

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "Content-Type": JSON_TYPE, ...headers }, body: { json: value } };
}

export function text(content: string, type: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status: 200,
    headers: { "Content-Type": type, ...headers },
    body: { bytes: Buffer.from(content) },
  };
}

export function bytesOf(reply: Reply): Buffer {
  if ("stream" in reply.body) return Buffer.alloc(0);
  return "json" in reply.body ? Buffer.from(JSON.stringify(reply.body.json)) : reply.body.bytes;
}

/** A request that is answered with an error: thrown from wherever that is found. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}
