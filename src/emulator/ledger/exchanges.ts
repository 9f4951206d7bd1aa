import type { IncomingMessage } from "node:http";
import type { Reply } from "../http/reply.js";
import { bytesOf } from "../http/reply.js";

/** What went over the wire for one submission. */
export interface WireExchange {
  readonly request: WireMessage & { readonly method: string; readonly path: string };
  readonly response: WireMessage & {
    readonly status: number;
    /** From the arrival of the request until the answer was made. */
    readonly milliseconds: number;
  };
}

/** A request or an answer as it was sent. */
export interface WireMessage {
  /** In their order and case; the token is blacked out. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As UTF-8, at most 32 KiB of it. */
  readonly body: string;
  /** How long the body is in all. */
  readonly bodyBytes: number;
}

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: readonly string[];
  readonly requestBody: Excerpt;
  readonly status: number;
  readonly responseHeaders: Reply["headers"];
  /** JSON stays a value until somebody looks: that costs the request nothing. */
  readonly responseBody: Excerpt | Reply["body"];
  readonly milliseconds: number;
}

interface Excerpt {
  readonly bytes: Buffer;
  readonly length: number;
}

const CAPACITY = 500;
const MAX_BYTES = 32 * 1024;
/** More is kept, so that no token is cut in two before it is looked for. */
const KEPT_BYTES = MAX_BYTES + 4096;
const SECRET_HEADERS: ReadonlySet<string> = new Set(["authorization", "cookie", "set-cookie"]);

/** The exchanges of the newest submissions, in bounded memory. */
export class Exchanges {
  /** By the id of the log's entry; a Map gives its oldest entry first. */
  readonly #recorded = new Map<string, Recorded>();
  readonly #blackOut: (text: string) => string;

  /** @param blackOut takes tokens out of a text */
  constructor(blackOut: (text: string) => string) {
    this.#blackOut = blackOut;
  }

  add(id: string, request: IncomingMessage, body: Buffer, reply: Reply, milliseconds: number): void {
    this.#recorded.set(id, {
      method: request.method ?? "",
      path: request.url ?? "",
      requestHeaders: request.rawHeaders.map((text, at, all) =>
        at % 2 === 1 && SECRET_HEADERS.has(all[at - 1]?.toLowerCase() ?? "") ? hidden(text) : text,
      ),
      requestBody: excerpt(body),
      status: reply.status,
      responseHeaders: reply.headers,
      responseBody: "json" in reply.body && body.length <= MAX_BYTES ? reply.body : excerpt(bytesOf(reply)),
      milliseconds,
    });
    if (this.#recorded.size <= CAPACITY) return;
    for (const oldest of this.#recorded.keys()) {
      this.#recorded.delete(oldest);
      return;
    }
  }

  /** `undefined` where it has been forgotten: exchanges are not kept over restarts. */
  find(id: string): WireExchange | undefined {
    const recorded = this.#recorded.get(id);
    if (recorded === undefined) return undefined;
    const { method, path, requestHeaders, requestBody, status, responseHeaders, responseBody, milliseconds } =
      recorded;
    const pairs = requestHeaders.flatMap((name, at, all) =>
      at % 2 === 0 ? [[name, all[at + 1] ?? ""] as const] : [],
    );
    return {
      request: { method, path: this.#blackOut(path), ...this.#message(pairs, requestBody) },
      response: { status, milliseconds, ...this.#message(Object.entries(responseHeaders), responseBody) },
    };
  }

  #message(headers: readonly (readonly [string, string])[], body: Recorded["responseBody"]): WireMessage {
    const { bytes, length } = "length" in body ? body : excerpt(bytesOf({ status: 0, headers: {}, body }));
    const text = this.#blackOut(bytes.toString());
    return {
      headers: headers.map(([name, value]) => [name, this.#blackOut(value)]),
      body: length <= MAX_BYTES ? text : text.slice(0, MAX_BYTES),
      bodyBytes: length,
    };
  }
}

/** Which scheme it was may help; what follows is nobody's business. */
function hidden(value: string): string {
  return /^Bearer /i.test(value) ? "Bearer [token]" : "[hidden]";
}

/** A copy: a slice would keep the whole body alive. */
function excerpt(bytes: Buffer): Excerpt {
  const { length } = bytes;
  return { bytes: length <= KEPT_BYTES ? bytes : Buffer.from(bytes.subarray(0, KEPT_BYTES)), length };
}
