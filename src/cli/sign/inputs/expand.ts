import { realpath } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import type { SignFlags } from "../flags.js";
import type { Input, Inputs, LeftOut } from "./input.js";
import type { Seen } from "./seen.js";
import { lookFor } from "./seen.js";
import { STREAM } from "./stream.js";
import type { WalkOptions } from "./walk.js";

/** So many names are looked at before others get a turn. */
const AT_ONCE = 512;

type InputFlags = Pick<SignFlags, "recursive" | "exclude" | "filesFrom" | "null" | "out">;

/**
 * The files that names, patterns, directories and lists of names mean, in their order. A name that exists means what it says,
 * whatever characters it has; names in a list always do. One without `*` and `?` that nothing matches is a file that is missing.
 *
 * @throws {CliError} `USAGE` for a pattern that no file matches, and where nothing is left to sign; `INPUT_UNREADABLE` for a
 * directory that cannot be read
 */
export async function expandInputs(
  names: readonly string[],
  flags: InputFlags,
  signal: AbortSignal,
): Promise<Inputs> {
  const { filesFrom, exclude = [] } = flags;
  if (filesFrom === STREAM && names.includes(STREAM))
    throw usageError("stdin is the list of files, and cannot be signed as well");
  const listed = filesFrom === undefined ? [] : await listedIn(filesFrom, flags, signal);
  if (names.length + listed.length === 0)
    throw usageError(`--files-from ${visible(filesFrom ?? "")} names no file`);
  const isExcluded = exclude.length === 0 ? () => false : (await patterns()).excluding(exclude);
  const leftOut = new Map<LeftOut, number>();
  const results = flags.out === undefined ? undefined : await realpath(flags.out).catch(() => undefined);
  const options = {
    ...{ recursive: flags.recursive ?? false, isExcluded, excludes: exclude.length > 0 },
    ...{ results, leftOut, signal },
  };
  const files: Input[] = [];
  let looked = 0;
  const add = async (name: string, isLiteral: boolean): Promise<void> => {
    if (name === STREAM && !isLiteral) return void files.push({ file: name });
    const seen = lookFor(name);
    const found = await inputsOf(name, seen, isLiteral, options);
    for (const input of found) if (!isExcluded(input.file, input.below)) files.push(input);
    looked += 1;
    if (looked % AT_ONCE === 0) await setImmediate();
    signal.throwIfAborted();
  };
  for (const name of names) await add(name, false);
  for (const name of listed) await add(name, true);
  if (files.length === 0) throw usageError(`there is no file to sign${nothingLeft(exclude, leftOut)}`);
  return { files, leftOut };
}

async function inputsOf(
  name: string,
  seen: Seen | undefined,
  isLiteral: boolean,
  options: Omit<WalkOptions, "pattern"> & { readonly excludes: boolean },
): Promise<readonly Input[]> {
  if (seen?.isDirectory && options.recursive) return (await walker()).walk(name, options);
  if (seen !== undefined || isLiteral || !/[*?[{(]/.test(name)) return [{ file: name, seen }];
  const pattern = (await patterns()).readPattern(name);
  if (pattern === undefined) return [{ file: name, seen }];
  const base = pattern.base === "" ? undefined : lookFor(pattern.base);
  const isThere = pattern.base === "" || base?.isDirectory;
  const before = total(options.leftOut);
  const { walk } = await walker();
  const found = isThere ? await walk(pattern.base, { ...options, pattern }) : [];
  if (found.length > 0 || total(options.leftOut) > before) return found;
  const isMissing = async (): Promise<boolean> => {
    if (!isThere || !options.excludes) return true;
    const all = { ...options, pattern, isExcluded: () => false, leftOut: new Map() };
    return (await walk(pattern.base, all)).length === 0;
  };
  if (!/[*?]/.test(name) && (await isMissing())) return [{ file: name, seen }];
  throw usageError(`no file matches ${visible(name)}${options.excludes ? " that --exclude leaves" : ""}`);
}

async function listedIn(path: string, flags: InputFlags, signal: AbortSignal): Promise<readonly string[]> {
  const { readNameList } = await import("./name-list.js");
  return readNameList(path, flags.null ?? false, signal);
}

function nothingLeft(exclude: readonly string[], leftOut: ReadonlyMap<LeftOut, number>): string {
  if (exclude.length > 0) return ": --exclude leaves none";
  return leftOut.size > 0 ? ": all that is there is hidden, or was made by signing" : "";
}

function total(leftOut: ReadonlyMap<LeftOut, number>): number {
  return [...leftOut.values()].reduce((sum, count) => sum + count, 0);
}

function walker(): Promise<typeof import("./walk.js")> {
  return import("./walk.js");
}

function patterns(): Promise<typeof import("./patterns.js")> {
  return import("./patterns.js");
}
