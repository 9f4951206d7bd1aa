import type { SignPathErrorCode } from "../../base/errors.js";
import { messageOf, SignPathError } from "../../base/errors.js";
import type { ProblemDetails } from "../../wire/problem.js";
import { NotPublic } from "./not-public.js";
import type { Peer } from "./peer.js";
import type { ServerWords } from "./problem.js";
import { oneLine } from "./problem.js";
import type { ApiRequest } from "./request.js";
import type { FailedAttempt } from "./retry.js";

/** How far a call had come when it failed. */
export interface Progress {
  readonly request: ApiRequest;
  readonly peer: Peer;
  readonly host: string;
  readonly attempts: number;
  readonly elapsedMs: number;
}

/** A failed attempt: what decides about another one, and the error if there is none. */
export interface Failure extends FailedAttempt {
  readonly code: SignPathErrorCode;
  readonly toError: (progress: Progress) => SignPathError;
}

function where({ request, host, attempts, elapsedMs }: Progress): string {
  const tries = attempts === 1 ? "" : attempts === 0 ? ", not sent" : `, ${attempts} attempts`;
  return `${request.what}, ${request.method} to ${host}${tries}, ${Math.round(elapsedMs)} ms`;
}

function makeError(
  code: SignPathErrorCode,
  said: string,
  progress: Progress,
  details: { status?: number; retryable: boolean; problem?: ProblemDetails | undefined; cause?: unknown },
): SignPathError {
  const { advice: byCode, notFound } = progress.peer;
  const advice = details.status === 404 ? notFound : byCode[code];
  const message = `${said.charAt(0).toUpperCase()}${said.slice(1)} (${where(progress)})${advice === undefined ? "" : ` ${advice}`}`;
  return new SignPathError(code, message, {
    ...details,
    stage: progress.request.stage,
    attempts: progress.attempts,
    signingRequestId: progress.request.signingRequestId,
  });
}

const CODES_BY_STATUS: ReadonlyMap<number, SignPathErrorCode> = new Map([
  [401, "AUTHENTICATION_FAILED"],
  [403, "FORBIDDEN"],
  [407, "CONNECTION_FAILED"],
  [408, "SERVICE_UNAVAILABLE"],
  [429, "THROTTLED"],
]);

/** The statuses after which the server has certainly not signed. */
const NOT_ACTED_ON: ReadonlySet<number> = new Set([408, 429, 503]);

/** Whether the same request may succeed later. */
function mayPass(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function codeOf(status: number, problem: ProblemDetails | undefined): SignPathErrorCode {
  if (status >= 500) return "SERVICE_UNAVAILABLE";
  if (status < 400) return "INVALID_RESPONSE";
  const code = CODES_BY_STATUS.get(status);
  if (code !== undefined) return code;
  const fields = new Map(Object.keys(problem?.errors ?? {}).map((field) => [field.toLowerCase(), field]));
  // An unknown slug is reported by its own name; what is wrong with a policy that was found, by the id's.
  if (fields.has("signingpolicyslug") || fields.has("projectslug")) return "POLICY_NOT_FOUND";
  if (fields.has("signingpolicyid")) return "POLICY_UNUSABLE";
  return "REQUEST_REJECTED";
}

/** No source says how the service tells that a quota is used up; its words would. */
const QUOTA = /\bquotas?\b/i;

/** An answer whose status is not from 200 to 299. */
export function statusFailure(
  status: number,
  server: ServerWords,
  retryAfterMs: number | undefined,
): Failure {
  const { problem, words } = server;
  // A quota that is used up is not filled by waiting, unless the server says when it will be.
  const isQuota = status < 500 && QUOTA.test(words) && retryAfterMs === undefined;
  const code = isQuota && status === 429 ? "REQUEST_REJECTED" : codeOf(status, problem);
  const transient = !isQuota && mayPass(status);
  const said = ({ name, redirect }: Peer): string =>
    `${name} answered with status ${status}${code === "INVALID_RESPONSE" ? `, a redirect, ${redirect}` : words === "" ? "" : `: ${words}`}`;
  return {
    code,
    transient,
    ambiguous: transient && !NOT_ACTED_ON.has(status),
    retryAfterMs,
    toError: (progress) =>
      makeError(code, said(progress.peer), progress, { status, retryable: transient, problem }),
  };
}

function codeIn(error: unknown): string {
  const value = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof value === "string" ? value : "";
}

const TLS_CODE =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$|UNSPECIFIED$)/;

/** What undici says where a proxy refused the tunnel; it has no other sign. */
const PROXY_REFUSAL = /^Proxy response \((\d{3})\)/;

function isTransient(error: unknown): boolean {
  const status = Number(PROXY_REFUSAL.exec(messageOf(error))?.[1] ?? 0);
  return status === 0 || mayPass(status);
}

/** OpenSSL's own text holds addresses and names of its source files; the reason alone is for people. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const reason = typeof error === "object" && error !== null && "reason" in error ? error.reason : undefined;
  // That of a parser which did not expect such an answer may have several lines.
  return oneLine(typeof reason === "string" && message.includes(":error:") ? reason : message);
}

/** The code for what a connection failed with. */
export function networkCodeOf(error: unknown): "TLS_FAILED" | "CONNECTION_FAILED" {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.some((entry) => TLS_CODE.test(codeIn(entry))) ? "TLS_FAILED" : "CONNECTION_FAILED";
}

/** How long a name may be unknown: on machines that have just started, name servers come up late. */
const UNKNOWN_NAME_MS = 10_000;

/** A connection that could not be made or, where the request was `sent`, broke. */
export function networkFailure(error: unknown, sent: boolean): Failure {
  if (error instanceof NotPublic) return notPublic(error);
  // A parser's error holds what the server said, which may be anything.
  if (error instanceof Error) Reflect.deleteProperty(error, "data");
  const code = networkCodeOf(error);
  const tls = code === "TLS_FAILED";
  const transient = !tls && isTransient(error);
  const refusal = PROXY_REFUSAL.exec(messageOf(error))?.[1];
  const said = ({ name }: Peer): string =>
    refusal === undefined
      ? `${tls ? "No trusted connection to" : "No connection to, or no answer from"} ${name}: ${reasonOf(error)}`
      : `The proxy refused the connection to ${name} with status ${refusal}. Check the proxy's address, and its user name and password.`;
  return {
    code,
    transient,
    ambiguous: sent,
    retryAfterMs: undefined,
    patienceMs: codeIn(error) === "ENOTFOUND" ? UNKNOWN_NAME_MS : undefined,
    toError: (progress) =>
      makeError(code, said(progress.peer), progress, { retryable: transient, cause: error }),
  };
}

/** A name with an address that is not to be connected to. */
function notPublic(error: NotPublic): Failure {
  return {
    code: "CONFIG_INVALID",
    transient: false,
    ambiguous: false,
    retryAfterMs: undefined,
    toError: (progress) => {
      const said = `${progress.peer.name} was not asked: ${error.message}`;
      return makeError("CONFIG_INVALID", said, progress, { retryable: false, cause: error });
    },
  };
}

/** An attempt that took too long, be it for its answer, or for a token and a connection before it could be sent. */
export function timeoutFailure(limitMs: number, sent: boolean): Failure {
  const within = `within ${Math.round(limitMs)} ms`;
  const said = ({ name, unreached }: Peer): string =>
    sent ? `${name} did not answer ${within}` : `${unreached} ${within}`;
  return {
    code: "TIMEOUT",
    transient: true,
    ambiguous: sent,
    retryAfterMs: undefined,
    toError: (progress) => makeError("TIMEOUT", said(progress.peer), progress, { retryable: true }),
  };
}

/** A 2xx that is not what was asked for. It is not asked for again: the signature may have been made. */
export function invalidResponse(reason: string): Failure {
  return {
    code: "INVALID_RESPONSE",
    transient: false,
    ambiguous: true,
    retryAfterMs: undefined,
    toError: (progress) => {
      const said = `${progress.peer.name}'s answer cannot be used: ${reason}`;
      return makeError("INVALID_RESPONSE", said, progress, { retryable: false });
    },
  };
}

/** The function that supplies the API token failed. */
export function tokenFailure(error: unknown): Failure {
  const said = `The API token could not be had: ${messageOf(error)}`;
  return {
    code: "AUTHENTICATION_FAILED",
    transient: false,
    ambiguous: false,
    retryAfterMs: undefined,
    toError: (progress) =>
      makeError("AUTHENTICATION_FAILED", said, progress, { retryable: false, cause: error }),
  };
}

/** The caller's signal, or the closed client. */
export function abortError(reason: unknown, progress: Progress): SignPathError {
  const said = `The call was aborted: ${messageOf(reason)}`;
  return makeError("ABORTED", said, progress, { retryable: false, cause: reason });
}
