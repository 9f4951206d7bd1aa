import type { SignPathErrorStage } from "../base/errors.js";

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
  readonly body?: Buffer;
  /** The longest answer that is read, in bytes. */
  readonly maxBytes: number;
  /** Whether repeating the request has no effect beyond its answer. */
  readonly repeatable: boolean;
  /** The signing request that this one is about, for errors. */
  readonly signingRequestId?: string;
  /** Reads the answer; throws `Undecodable` where it is not what the request is answered with. */
  readonly decode: (answer: ApiAnswer) => Result;
}

/** An answer with a status from 200 to 299. */
export interface ApiAnswer {
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
  /** Requests sent for it. */
  readonly attempts: number;
}

/** Header fields of an answer by their lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header field. */
export function header(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What the floors above can say about one call beside what its caller says. */
export interface SendOptions extends CallOptions {
  /** A shorter time limit in all than the configured one, in milliseconds. */
  readonly totalTimeoutMs?: number;
}

/** What a caller can say about one call. */
export interface CallOptions {
  /** Ends the call with `ABORTED`; nothing is sent afterwards. */
  readonly signal?: AbortSignal | undefined;
}
