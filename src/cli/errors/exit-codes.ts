import type { SignPathErrorCode } from "../../base/errors.js";

/** What goes wrong in the command line itself. */
export type CliErrorCode =
  | "USAGE"
  | "JOURNAL_INVALID"
  | "INPUT_UNREADABLE"
  | "INPUT_UNSUITABLE"
  | "OUTPUT_UNWRITABLE"
  | "WORKER_ENDED"
  | "UNEXPECTED"
  | "CLOCK_WRONG"
  | "NODE_UNSUPPORTED";

/** Some failed: files that could not be read, signed in their format or written, or failures of several kinds. */
const SOME_FAILED = 3;

/** The status with which the process ends, by error code. */
const EXIT_CODES: Readonly<Record<SignPathErrorCode | CliErrorCode, number>> = {
  // Usage or configuration
  USAGE: 1,
  JOURNAL_INVALID: 1,
  CONFIG_INVALID: 1,
  CLOCK_WRONG: 1,
  NODE_UNSUPPORTED: 1,
  POLICY_NOT_FOUND: 1,
  POLICY_UNUSABLE: 1,
  ALGORITHM_NOT_SUPPORTED: 1,
  // Authentication or permission
  AUTHENTICATION_FAILED: 2,
  FORBIDDEN: 2,
  REQUEST_DENIED: 2,
  // Some failed
  INPUT_UNREADABLE: SOME_FAILED,
  INPUT_UNSUITABLE: SOME_FAILED,
  OUTPUT_UNWRITABLE: SOME_FAILED,
  WORKER_ENDED: SOME_FAILED,
  UNEXPECTED: SOME_FAILED,
  ABORTED: SOME_FAILED,
  // Service or network
  REQUEST_REJECTED: 4,
  REQUEST_PENDING: 4,
  THROTTLED: 4,
  SERVICE_UNAVAILABLE: 4,
  CONNECTION_FAILED: 4,
  TLS_FAILED: 4,
  TIMEOUT: 4,
  INVALID_RESPONSE: 4,
  // Timestamp
  TIMESTAMP_FAILED: 5,
  // Verification
  SIGNATURE_INVALID: 6,
  CERTIFICATE_CHANGED: 6,
  CHAIN_INCOMPLETE: 6,
  VERIFICATION_FAILED: 6,
};

const TABLE: ReadonlyMap<string, number> = new Map(Object.entries(EXIT_CODES));

export function exitCodeOf(code: string): number {
  return TABLE.get(code) ?? SOME_FAILED;
}

/**
 * Whether a failure would meet every other file as well: the settings, the policy, the algorithm or the token's rights
 * are wrong, not the file.
 */
export function concernsAll(exitCode: number): boolean {
  return exitCode === exitCodeOf("USAGE") || exitCode === exitCodeOf("AUTHENTICATION_FAILED");
}

/** The status of several failures: their own if they share one. */
export function combinedExitCode(exitCodes: Iterable<number>): number {
  const different = new Set(exitCodes);
  const [first = 0] = different;
  return different.size > 1 ? SOME_FAILED : first;
}
