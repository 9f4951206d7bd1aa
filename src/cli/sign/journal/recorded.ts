import type { FileHandle } from "node:fs/promises";
import { open, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isSystemError, unreadable, usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import { checkOwner } from "./journal.js";
import { replay } from "./replay.js";

/** Options that are the person's who resumes, with their values: above all, nobody's file says where the token goes. */
const NEVER = /^--(config|journal|resume|json|verbose)(=|$)/;
const WITH_VALUE: ReadonlySet<string> = new Set(["--config", "--journal"]);

/**
 * The arguments of the batch that a journal was made for, to which those of `--resume` are added.
 *
 * @param given - arguments of `signpath sign`, without files
 * @throws {CliError} `USAGE` where there is no such journal, or it is another folder's
 */
export async function recordedArguments(journal: string, given: readonly string[]): Promise<string[]> {
  const { folder, args } = await readBatch(journal);
  const begunIn = resolve(await realpath(dirname(journal)), folder);
  if (begunIn !== process.cwd()) {
    throw usageError(
      `the batch of ${visible(journal)} was begun in ${visible(begunIn)}`,
      "Its files are named from there: go there first.",
    );
  }
  if (
    args.some((arg, index) => arg === "--files-from=-" || (arg === "--files-from" && args[index + 1] === "-"))
  ) {
    throw usageError(
      `the files of ${visible(journal)} were named on stdin`,
      "Name them there again: what is signed is skipped.",
    );
  }
  const end = args.indexOf("--");
  const at = end < 0 ? args.length : end;
  return [...args.slice(0, at), ...given, ...args.slice(at)];
}

/** What of the arguments is the batch's own. */
export function withoutOwn(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const [options, operands] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
  return [
    ...options.filter((arg, index) => !NEVER.test(arg) && !WITH_VALUE.has(options[index - 1] ?? "")),
    ...operands,
  ];
}

async function readBatch(path: string): Promise<{ folder: string; args: string[] }> {
  let file: FileHandle | undefined;
  try {
    // To open a named pipe would be to wait for somebody who writes.
    if (!(await stat(path)).isFile()) throw usageError(`--journal ${visible(path)} must be a regular file`);
    file = await open(path, "r");
    await checkOwner(path, file);
    const { history } = await replay(path, file);
    if (history.batch !== undefined)
      return { folder: history.batch.folder, args: withoutOwn(history.batch.args) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code !== "ENOENT") throw unreadable(path, error);
    throw noBatch(path, "does not exist");
  } finally {
    await file?.close();
  }
  throw noBatch(path, "holds no batch yet");
}

function noBatch(path: string, what: string): Error {
  return usageError(
    `there is nothing to resume: ${visible(path)} ${what}`,
    "Begin with: signpath sign FILE... --journal FILE",
  );
}
