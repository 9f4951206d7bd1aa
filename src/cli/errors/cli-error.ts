import { visible } from "../shell/output.js";
import type { CliErrorCode } from "./exit-codes.js";

/** A failure of the command line itself, in words for a person. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, details: { hint?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

/** A command that cannot be what was meant. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError("USAGE", message, hint === undefined ? {} : { hint });
}

/** Whether an error is one of the operating system. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "it does not exist"],
  ["ENOTDIR", "a part of its path is not a directory"],
  ["EISDIR", "it is a directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "the operation is not permitted"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space is left on the device"],
  ["EDQUOT", "the disk quota is used up"],
  ["EFBIG", "the file would be too large"],
  ["EMFILE", "too many files are open"],
  ["ENAMETOOLONG", "its name is too long"],
  ["ELOOP", "its path is a circle of symbolic links"],
  ["EPIPE", "nobody reads it any more"],
  ["ENXIO", "nobody reads it"],
]);

/** Why the operating system refused, in words. */
export function reasonOf(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  // Node's message is "CODE: reason, syscall 'path'".
  const reason = REASONS.get(error.code) ?? /^\w+: (.*?), /.exec(error.message)?.[1] ?? error.message;
  return `${reason} (${error.code})`;
}

/** A file that cannot be read. */
export function unreadable(file: string, cause: unknown): CliError {
  return new CliError("INPUT_UNREADABLE", `${visible(file)} cannot be read: ${reasonOf(cause)}`, { cause });
}

/** A file that somebody else has changed while it was signed. */
export function changed(file: string, cause?: unknown): CliError {
  return new CliError("INPUT_UNREADABLE", `${visible(file)} changed while it was signed`, {
    hint: "Sign it again when nobody writes to it.",
    cause,
  });
}

/** A file that cannot be signed in the format that it was to get. */
export function unsuitable(file: string, format: string, reason: string, cause?: unknown): CliError {
  const message = `${visible(file)} cannot be signed as ${format}: ${reason}`;
  return new CliError("INPUT_UNSUITABLE", message, { cause });
}

/** A file that cannot be written. */
export function unwritable(file: string, cause: unknown): CliError {
  const folderIsMissing = isSystemError(cause) && cause.code === "ENOENT";
  const reason = folderIsMissing ? "its folder does not exist (ENOENT)" : reasonOf(cause);
  return new CliError("OUTPUT_UNWRITABLE", `${visible(file)} cannot be written: ${reason}`, { cause });
}
