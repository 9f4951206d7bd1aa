import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { CliError, unreadable } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import type { Input, LeftOut } from "./input.js";
import { reasonToLeaveOut } from "./left-out.js";
import type { Pattern } from "./patterns.js";

/** What of a tree is wanted. */
export interface WalkOptions {
  /** Of which file names; left out: all. */
  readonly pattern?: Pattern | undefined;
  /** Whether all of a folder is wanted that the pattern itself means. */
  readonly recursive: boolean;
  readonly isExcluded: (file: string, below: string) => boolean;
  /** A directory that results go to, by its real path: it is not entered. */
  readonly results: string | undefined;
  readonly leftOut: Map<LeftOut, number>;
  readonly signal: AbortSignal;
}

/**
 * The regular files below a directory, in the order of their names. Symbolic links to directories are not followed.
 *
 * @param root - what their names begin with
 * @throws {CliError} `INPUT_UNREADABLE` for a directory that cannot be read: who asks for all files must not get some
 */
export async function walk(root: string, options: WalkOptions): Promise<Input[]> {
  const found: Input[] = [];
  await enter(root, "", options.pattern === undefined, options, found);
  return found;
}

async function enter(
  root: string,
  below: string,
  isWhole: boolean,
  options: WalkOptions,
  found: Input[],
): Promise<void> {
  options.signal.throwIfAborted();
  const { pattern, recursive, isExcluded, leftOut } = options;
  const folder = join(root, below);
  const entries = await entriesOf(folder);
  const broken = await brokenNames(folder, entries);
  for (const entry of entries) {
    const name = entry.name;
    const [own, file] = [below === "" ? name : join(below, name), join(root, below, name)];
    if (isExcluded(file, own)) continue;
    const isMeant = isWhole || (pattern?.matches(own) ?? true);
    const isFolder = entry.isDirectory();
    if (isFolder && !isMeant && !pattern?.mayHold(own)) continue;
    if (!isFolder && !isMeant) continue;
    const reason = reasonToLeaveOut(name, isWhole ? undefined : pattern?.text);
    if (reason !== undefined) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    else if (broken.has(name)) throw notUtf8(folder, name);
    else if (!isFolder) {
      if (await isFile(entry, file)) found.push({ file, below: own });
    } else if (!(await isOfResults(file, options))) {
      const isWholeBelow = isWhole || (isMeant && recursive);
      if (isWholeBelow || pattern?.mayHold(own)) await enter(root, own, isWholeBelow, options, found);
    }
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder === "" ? "." : folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** What stands for bytes that are not UTF-8, in the names that Node gives: by such a name no file can be opened. */
const REPLACEMENT_CHARACTER = "\ufffd";

/** The names, as Node gives them, of files whose real ones are not UTF-8; another file may have the one that is given. */
async function brokenNames(folder: string, entries: readonly Dirent[]): Promise<ReadonlySet<string>> {
  if (!entries.some(({ name }) => name.includes(REPLACEMENT_CHARACTER))) return new Set();
  const names = await readdir(folder === "" ? "." : folder, { encoding: "buffer" }).catch(
    (error: unknown) => {
      throw unreadable(folder, error);
    },
  );
  return new Set(names.filter((bytes) => !isUtf8(bytes)).map((bytes) => bytes.toString()));
}

function notUtf8(folder: string, name: string): CliError {
  const message = `${visible(join(folder, name))} cannot be read: its name is not UTF-8`;
  return new CliError("INPUT_UNREADABLE", message, { hint: "Rename it, or leave it out with --exclude." });
}

/** A link counts as what it leads to; one that leads nowhere is a file that cannot be read. */
async function isFile(entry: Dirent, file: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  const target = await stat(file).catch(() => undefined);
  return target === undefined || target.isFile();
}

async function isOfResults(folder: string, { results }: WalkOptions): Promise<boolean> {
  return results !== undefined && (await realpath(folder).catch(() => folder)) === results;
}
