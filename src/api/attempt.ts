import type { Dispatcher } from "undici";
import type { Failure } from "./failure.js";
import { invalidResponse, networkFailure, statusFailure } from "./failure.js";
import { readServerWords } from "./problem.js";
import type { AnswerHeaders } from "./request.js";
import { header } from "./request.js";
import { parseRetryAfter } from "./retry.js";

/** How an attempt ended. */
export type Outcome =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: AnswerHeaders;
      readonly body: Buffer;
    }
  /** `broken`: the connection cannot be used again, because an answer was left unread on it. */
  | { readonly kind: "failure"; readonly failure: Failure; readonly broken: boolean };

/** One request on one connection, as undici reports it: collects the answer up to its size limit. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #redact: (text: string) => string;
  #settle: ((outcome: Outcome) => void) | undefined;
  #status = 0;
  #headers: AnswerHeaders = {};
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  #length = 0;

  constructor(maxBytes: number, redact: (text: string) => string, settle: (outcome: Outcome) => void) {
    this.#maxBytes = maxBytes;
    this.#redact = redact;
    this.#settle = settle;
  }

  /** Forgets the caller: whatever comes now is ignored. */
  abandon(): void {
    this.#settle = undefined;
  }

  onRequestStart(): void {
    // Calls are ended by destroying the connection, which also works while it is being made.
  }

  onResponseStart(_controller: unknown, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const encoding = header(headers, "content-encoding");
    if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
      this.#fail(
        invalidResponse(`its content encoding ${JSON.stringify(encoding.slice(0, 40))} was not asked for`),
        true,
      );
    }
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > this.#maxBytes) {
      this.#fail(invalidResponse(`it is longer than ${this.#maxBytes} bytes`), true);
    } else if (this.#first === undefined) {
      this.#first = chunk;
    } else {
      this.#rest ??= [this.#first];
      this.#rest.push(chunk);
    }
  }

  onResponseEnd(): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    const body = this.#rest === undefined ? (this.#first ?? Buffer.alloc(0)) : Buffer.concat(this.#rest);
    if (this.#status >= 200 && this.#status < 300) {
      this.#settle = undefined;
      settle({ kind: "answer", status: this.#status, headers: this.#headers, body });
      return;
    }
    const retryAfterMs = parseRetryAfter(header(this.#headers, "retry-after"), Date.now());
    this.#fail(statusFailure(this.#status, readServerWords(body, this.#redact), retryAfterMs), false);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(networkFailure(error), true);
  }

  #fail(failure: Failure, broken: boolean): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ kind: "failure", failure, broken });
  }
}
