import type { ProblemDetails } from "../wire/problem.js";

/** What went wrong, for programs: messages may change, these do not. */
export type SignPathErrorCode =
  | "CONFIG_INVALID"
  | "AUTHENTICATION_FAILED"
  | "FORBIDDEN"
  | "POLICY_NOT_FOUND"
  | "POLICY_UNUSABLE"
  | "ALGORITHM_NOT_SUPPORTED"
  | "REQUEST_REJECTED"
  | "THROTTLED"
  | "SERVICE_UNAVAILABLE"
  | "CONNECTION_FAILED"
  | "TLS_FAILED"
  | "TIMEOUT"
  | "ABORTED"
  | "INVALID_RESPONSE"
  | "SIGNATURE_INVALID"
  | "CERTIFICATE_CHANGED"
  | "REQUEST_DENIED"
  | "REQUEST_PENDING"
  | "TIMESTAMP_FAILED"
  | "CHAIN_INCOMPLETE"
  | "VERIFICATION_FAILED";

/** The step that failed. */
export type SignPathErrorStage = "config" | "policy" | "sign" | "timestamp" | "verify" | "cms";

/** What a {@link SignPathError} is made from, beside its code and its message. */
export interface SignPathErrorDetails {
  readonly stage: SignPathErrorStage;
  readonly status?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly attempts?: number | undefined;
  readonly signingRequestId?: string | undefined;
  readonly problem?: ProblemDetails | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure in signing. Match on {@link SignPathError.code}; the message is for people: it says
 * what was tried, where, what came back and what to do next. No secret is ever part of it.
 */
export class SignPathError extends Error {
  /** `"SignPathError"`, also of another copy of the package. */
  override readonly name = "SignPathError";
  /** What went wrong. */
  readonly code: SignPathErrorCode;
  /** The step that failed. */
  readonly stage: SignPathErrorStage;
  /** The HTTP status of the last attempt, where there was an answer. */
  declare readonly status?: number;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
  /**
   * How many times a request was tried: of the requests that a call makes one after the other, the last. 0: that one, or the
   * whole call, was refused or given up before it was sent.
   */
  readonly attempts: number;
  /** The signing request that this call made, where the server told its id. */
  declare readonly signingRequestId?: string;
  /** The trace id of the server's problem body: what SignPath's support asks for. */
  declare readonly traceId?: string;
  /** The server's problem body (RFC 9457). */
  declare readonly problem?: ProblemDetails;

  /**
   * Errors are made by this package; to make one is for tests of code that handles them.
   *
   * @param message - for people: what was tried, where, what came back and what to do next
   * @param details - the rest, by name
   */
  constructor(code: SignPathErrorCode, message: string, details: SignPathErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.stage = details.stage;
    this.retryable = details.retryable ?? false;
    this.attempts = details.attempts ?? 0;
    if (details.status !== undefined) this.status = details.status;
    if (details.signingRequestId !== undefined) this.signingRequestId = details.signingRequestId;
    if (details.problem !== undefined) {
      this.problem = details.problem;
      if (details.problem.traceId !== undefined) this.traceId = details.problem.traceId;
    }
  }

  /**
   * The error as plain data, for logs and `--json`.
   *
   * @returns the properties above and the message, without the stack and the cause
   */
  toJSON(): Record<string, unknown> {
    const { name, code, stage, message, status, retryable, attempts, signingRequestId, traceId, problem } =
      this;
    return { name, code, stage, message, status, retryable, attempts, signingRequestId, traceId, problem };
  }
}

/**
 * Whether `value` is a {@link SignPathError}, from this or from another copy of the package.
 *
 * @param value - anything that was thrown
 */
export function isSignPathError(value: unknown): value is SignPathError {
  return value instanceof Error && value.name === "SignPathError" && "code" in value && "stage" in value;
}

/** One line about anything that was thrown. */
export function messageOf(value: unknown): string {
  if (value instanceof AggregateError && value.message === "") return value.errors.map(messageOf).join("; ");
  return value instanceof Error ? value.message || value.name : String(value);
}

/** A `DOMException` by one of WebCrypto's names, with what is behind it as its `cause`. */
export function namedException(name: string, message: string, cause: unknown): DOMException {
  const exception = new DOMException(message, name);
  Object.defineProperty(exception, "cause", { value: cause, configurable: true, writable: true });
  return exception;
}
