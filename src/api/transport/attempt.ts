import type { Dispatcher } from "undici";
import type { Failure } from "./failure.js";
import { invalidResponse, networkFailure, statusFailure } from "./failure.js";
import type { ServerWords } from "./problem.js";
import { readServerWords } from "./problem.js";
import type { AnswerHeaders } from "./request.js";
import { header } from "./request.js";
import { parseRetryAfter, serverTimeMs } from "./retry.js";

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

/** Who waits for an attempt. */
export interface AttemptListener {
  ended(outcome: Outcome): void;
}

/**
 * One request on one connection, as undici reports it: collects the answer up to its size limit. The methods are those that
 * undici 7 itself works with; from its newer ones it makes an object with all header fields, twice for each answer.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #redact: (text: string) => string;
  #listener: AttemptListener | undefined;
  #status = 0;
  #headers: AnswerHeaders = [];
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  #length = 0;
  #sent = false;

  constructor(maxBytes: number, redact: (text: string) => string, listener: AttemptListener) {
    this.#maxBytes = maxBytes;
    this.#redact = redact;
    this.#listener = listener;
  }

  /** Forgets the caller: whatever comes now is ignored. */
  abandon(): void {
    this.#listener = undefined;
  }

  /** Whether the server may know of the request. */
  get sent(): boolean {
    return this.#sent;
  }

  /** There is a connection. Calls are ended by destroying it, which also works while it is being made. */
  onConnect(): void {
    this.#sent = true;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) return true;
    this.#status = status;
    this.#headers = headers;
    const encoding = header(headers, "content-encoding");
    if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
      const named = JSON.stringify(this.#redact(encoding).slice(0, 40));
      this.#leaveUnread(`its content encoding ${named} was not asked for`);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#length += chunk.length;
    if (this.#length > this.#maxBytes) {
      this.#leaveUnread(`it is longer than ${this.#maxBytes} bytes`);
    } else if (this.#first === undefined) {
      this.#first = chunk;
    } else {
      this.#rest ??= [this.#first];
      this.#rest.push(chunk);
    }
    return true;
  }

  onComplete(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const body = this.#rest === undefined ? (this.#first ?? Buffer.alloc(0)) : Buffer.concat(this.#rest);
    if (this.#isSuccess()) {
      this.#listener = undefined;
      listener.ended({ kind: "answer", status: this.#status, headers: this.#headers, body });
      return;
    }
    this.#fail(this.#statusFailure(readServerWords(body, this.#redact)), false);
  }

  onError(error: Error): void {
    this.#fail(networkFailure(error, this.#sent), true);
  }

  #isSuccess(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #statusFailure(server: ServerWords): Failure {
    const serverTime = serverTimeMs(header(this.#headers, "date"), Date.now());
    const retryAfterMs = parseRetryAfter(header(this.#headers, "retry-after"), serverTime);
    return statusFailure(this.#status, server, retryAfterMs);
  }

  /** A success is none without its body; another status says enough alone. */
  #leaveUnread(reason: string): void {
    this.#fail(this.#isSuccess() ? invalidResponse(reason) : this.#statusFailure({ words: "" }), true);
  }

  #fail(failure: Failure, broken: boolean): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.ended({ kind: "failure", failure, broken });
  }
}
