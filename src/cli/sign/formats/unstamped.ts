import type { SignPathError } from "../../../base/errors.js";
import type { OnUnstamped, SignatureOptions } from "../signer.js";

/** What the library does where there is no timestamp, and who hears of what does not end a signature. */
export function unstampedOptions(
  { onWarning }: SignatureOptions,
  onUnstamped: OnUnstamped,
): {
  readonly onTimestampFailure: "throw" | "unstamped";
  readonly onWarning: (error: SignPathError) => void;
} {
  return {
    onTimestampFailure: onUnstamped === undefined ? "throw" : "unstamped",
    onWarning: (error) => (error.code === "TIMESTAMP_FAILED" ? onUnstamped?.(error) : onWarning?.(error)),
  };
}
