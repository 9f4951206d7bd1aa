import type { SignPathErrorCode } from "../../base/errors.js";
import type { Untimely } from "../certificates/validity.js";
import { describe } from "../errors/describe.js";
import type { CliErrorCode } from "../errors/exit-codes.js";

/** How bad a finding is. */
export type Status = "ok" | "warning" | "error" | "skipped";

/** What is noted, and lets signatures be made all the same. */
export type WarningCode =
  | Untimely
  | "AUTHORITY_UNAVAILABLE"
  | "CHAIN_INCOMPLETE"
  | "CLOCK_OFF"
  | "CONFIG_FILE_READABLE"
  | "FILE_UNREADABLE"
  | "NODE_END_OF_LIFE"
  | "NODE_UNTESTED"
  | "PEER_TOO_OLD"
  | "PLAIN_HTTP"
  | "POLICY_UNUSABLE"
  | "UNKNOWN_SETTING"
  | "WEAK_KEY";

/** What one check found. */
export interface Finding {
  readonly status: Status;
  /** `OK`; of an error the code that signing would fail with; `NOT_CONFIGURED`, `NOT_APPLICABLE` or `BLOCKED` of what was skipped. */
  readonly code: string;
  /** What was found, in one line. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string | undefined;
  /** The same for programs. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export function ok(found: string, details?: Finding["details"]): Finding {
  return { status: "ok", code: "OK", found, details };
}

export function warning(
  code: WarningCode,
  found: string,
  advice: string,
  details?: Finding["details"],
): Finding {
  return { status: "warning", code, found, advice, details };
}

export function failure(
  code: SignPathErrorCode | CliErrorCode,
  found: string,
  advice: string | undefined,
  details?: Finding["details"],
): Finding {
  return { status: "error", code, found, advice, details };
}

/** Something for which there is nothing to check. */
export function skipped(code: "NOT_CONFIGURED" | "NOT_APPLICABLE", found: string): Finding {
  return { status: "skipped", code, found };
}

/** What a part of the package threw, by its own code. */
export function failureOf(error: unknown, details?: Finding["details"]): Finding {
  const { code, said, advice } = describe(error);
  return { status: "error", code, found: said, advice, details };
}
