import type { Bytes } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";

/**
 * `TIMESTAMP_FAILED`: no authority gave a timestamp that holds. Nothing that was signed is lost: {@link cms} is the
 * signature as far as it got, and `stampCms` goes on from there.
 */
export class TimestampError extends SignPathError {
  /** Why each authority that was asked gave none, in their order. */
  readonly failures: readonly SignPathError[];
  /** From `signCms` and `stampCms`: the CMS without the stamps that were not to be had. */
  declare readonly cms?: Bytes;

  /**
   * Errors are made by this package; to make one is for tests of code that handles them.
   *
   * @param failures - why each authority gave none, in the order in which they were asked
   * @param cms - the CMS without the stamp
   */
  constructor(failures: readonly SignPathError[], cms?: Bytes) {
    super("TIMESTAMP_FAILED", messageOf(failures), {
      stage: "timestamp",
      retryable: failures.some(({ retryable }) => retryable),
      attempts: failures.reduce((sum, { attempts }) => sum + attempts, 0),
      cause: failures.at(-1),
    });
    this.failures = failures;
    // Not among what is printed: it may be as long as what was signed.
    if (cms !== undefined) Object.defineProperty(this, "cms", { value: cms, configurable: true });
  }

  /**
   * The same with the CMS that lacks the stamp.
   *
   * @param cms - DER, with what was signed
   * @returns another error, with the same failures
   */
  withCms(cms: Bytes): TimestampError {
    return new TimestampError(this.failures, cms);
  }

  /**
   * The error as plain data.
   *
   * @returns as of a `SignPathError`, with the failures, without the CMS
   */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), failures: this.failures.map((failure) => failure.toJSON()) };
  }
}

/**
 * Whether `value` is a {@link TimestampError}, from this or from another copy of the package.
 *
 * @param value - anything that was thrown
 */
export function isTimestampError(value: unknown): value is TimestampError {
  return (
    value instanceof Error && "code" in value && value.code === "TIMESTAMP_FAILED" && "failures" in value
  );
}

function messageOf(failures: readonly SignPathError[]): string {
  const [first] = failures;
  if (failures.length === 1 && first !== undefined) return `There is no timestamp: ${first.message}`;
  const list = failures.map(({ code, message }) => `\n  ${code}: ${message}`).join("");
  return `None of ${failures.length} authorities gave a timestamp:${list}`;
}
