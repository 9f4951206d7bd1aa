import type { SignPathError, SignPathErrorStage } from "../../base/errors.js";
import type { RetryConfig } from "../../config/config.js";

/** One request to the API, as the transport takes it, and what its answer is to become. */
export interface ApiRequest<Result = unknown> {
  /** What is asked for, in words for messages and diagnostics: `fast signing request`. */
  readonly what: string;
  /** The step of the caller's job that the request belongs to. */
  readonly stage: SignPathErrorStage;
  readonly method: "GET" | "POST";
  /** Path with query, from the root of the host. */
  readonly path: string;
  readonly contentType?: string;
  /** Makes the body, which is the same each time: those that wait need no memory for it. */
  body?(): Buffer;
  /** The longest answer that is read, in bytes. */
  readonly maxBytes: number;
  /** Whether repeating the request has no effect beyond its answer. */
  readonly repeatable: boolean;
  /** The signing request that this one is about, for errors. */
  readonly signingRequestId?: string;
  /**
   * Why it is not to be sent any more, if it is not: asked at each of its turns.
   *
   * @param attempts - requests sent for it so far
   */
  obsolete?(attempts: number): SignPathError | undefined;
  /** Reads the answer; throws `Undecodable` where it is not what the request is answered with. */
  decode(answer: ApiAnswer): Result;
  /** What to do in place of failing, if anything. */
  recover?(error: SignPathError): Promise<Result> | undefined;
}

/** An answer with a status from 200 to 299. */
export interface ApiAnswer {
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
  /** Requests sent for it. */
  readonly attempts: number;
}

/** Header fields of requests. One after the other usually has the same, so those of the last are kept. */
export class RequestHeaders {
  readonly #common: readonly string[];
  #authorization: string | undefined;
  #contentType: string | undefined;
  #last: string[];

  /** @param common - name, value, name, value, … of every request */
  constructor(common: readonly string[]) {
    this.#common = common;
    this.#last = [...common];
  }

  of(authorization: string | undefined, contentType: string | undefined): string[] {
    if (authorization !== this.#authorization || contentType !== this.#contentType) {
      this.#authorization = authorization;
      this.#contentType = contentType;
      const ofCaller = authorization === undefined ? [] : ["authorization", authorization];
      const ofContent = contentType === undefined ? [] : ["content-type", contentType];
      this.#last = [...this.#common, ...ofCaller, ...ofContent];
    }
    return this.#last;
  }
}

/** Header fields of an answer as they came: name, value, name, value, … */
export type AnswerHeaders = readonly Buffer[];

/** The first value of a header field, by its name in lower case. */
export function header(headers: AnswerHeaders, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const field = headers[index];
    if (field?.length === name.length && field.toString("latin1").toLowerCase() === name)
      return headers[index + 1]?.toString("latin1");
  }
  return undefined;
}

/** What the floors above can say about one call beside what its caller says. */
export interface SendOptions extends CallOptions {
  /** Other limits than the configured ones. */
  readonly limits?: Partial<RetryConfig>;
  /** It goes before calls that wait for their turn, because some wait for it. */
  readonly ahead?: boolean | undefined;
}

/** What a caller can say about one call. */
export interface CallOptions {
  /** Ends the call with `ABORTED`; nothing is sent afterwards. */
  readonly signal?: AbortSignal | undefined;
}
