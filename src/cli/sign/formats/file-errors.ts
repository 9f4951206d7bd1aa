import type { SignPathError } from "../../../base/errors.js";
import { isSignPathError } from "../../../base/errors.js";
import { changed, isSystemError, unreadable, unsuitable, unwritable } from "../../errors/cli-error.js";
import { STREAM } from "../inputs/stream.js";
import type { FormatName } from "./table.js";

/** A file, what it becomes, and where. */
interface FileJob {
  readonly file: string;
  readonly output: string;
  readonly format: FormatName;
}

/**
 * A failure to read or sign, in words: what is wrong with the file is told as such, not as the service's word or as a setting.
 *
 * @returns `INPUT_UNREADABLE` or `INPUT_UNSUITABLE`, or the error itself
 */
export function inputError({ file, format }: Pick<FileJob, "file" | "format">, error: unknown): unknown {
  const name = file === STREAM ? "stdin" : file;
  if (isSystemError(error)) return unreadable(name, error);
  if (!isAboutFile(error)) return error;
  // Of what was refused here, nothing else may succeed later.
  return error.retryable ? changed(name, error) : unsuitable(name, format, reasonIn(error.message), error);
}

/**
 * Does something with files that a toolkit reads and writes by itself.
 *
 * @throws {CliError} `INPUT_UNSUITABLE`, `INPUT_UNREADABLE`, `OUTPUT_UNWRITABLE`
 */
export async function onFiles<T>(job: FileJob, work: () => Promise<T>): Promise<T> {
  const { file, output } = job;
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw inputError(job, error);
    // A copy has a destination as well.
    const isOfInput = file !== output && error.path === file && !Object.hasOwn(error, "dest");
    throw isOfInput ? unreadable(file, error) : unwritable(output, error);
  }
}

/** Refused here, before anything was sent for it. */
function isAboutFile(error: unknown): error is SignPathError {
  if (!isSignPathError(error) || error.attempts > 0) return false;
  const { code, stage } = error;
  return (code === "REQUEST_REJECTED" || code === "CONFIG_INVALID") && (stage === "sign" || stage === "cms");
}

function reasonIn(message: string): string {
  return message
    .replace(/^the file cannot be signed with Authenticode: /, "")
    .replace(/; existing: "replace" signs the archive anew without it/, "")
    .replace(/[.;] nothing was (?:sent|written)$/i, "");
}
