import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { CliError, isSystemError, unreadable, unwritable } from "../errors/cli-error.js";
import type { Pair } from "./collisions.js";
import { refuseCollisions, withoutRepeats } from "./collisions.js";
import type { SignFlags } from "./flags.js";
import { requireContent } from "./formats/content.js";
import { refuseForeignOptions } from "./formats/options.js";
import type { FormatName } from "./formats/table.js";
import { formatOf } from "./formats/table.js";
import type { Input } from "./inputs/input.js";
import { Places } from "./inputs/places.js";
import type { Seen } from "./inputs/seen.js";
import { lookAt, lookAtStdin } from "./inputs/seen.js";
import { STREAM } from "./inputs/stream.js";
import { namesOfOutputs } from "./outputs.js";

export { STREAM } from "./inputs/stream.js";

/** One file to sign. */
export interface Job {
  /** As it was given, or found. */
  readonly file: string;
  /** Where the signature goes, or the signed file; that is the file itself where it is signed in place. */
  readonly output: string;
  readonly format: FormatName;
  /** Length of the file, as far as that can be known beforehand. */
  readonly bytes: number;
}

/** A file that cannot be read, or not be signed in its format. */
export interface Unreadable {
  readonly file: string;
  readonly error: CliError;
}

/** What is to be signed, and what cannot be. */
export interface Plan {
  readonly jobs: readonly Job[];
  readonly unreadable: readonly Unreadable[];
  /** The formats that are to be made. */
  readonly formats: ReadonlySet<FormatName>;
}

/** So many files are looked at before others get a turn: all at once would take more memory and handles than there may be. */
const AT_ONCE = 512;

/**
 * Decides what each file becomes and where that goes, and looks at each file. Nothing has been sent or written yet, but for
 * the directories that `out` asks for. Files that are named twice are signed once.
 *
 * @throws {CliError} `USAGE` where two results would go to one file, or a signature where a file to sign is, and for options
 * that do not fit a file's format
 */
export async function makePlan(inputs: readonly Input[], flags: SignFlags): Promise<Plan> {
  const places = new Places();
  const isInPlace = flags.inPlace ?? false;
  const once = withoutRepeats(inputs, places, isInPlace);
  const formed = once.map((input) => ({ ...input, format: formatOf(input.file, flags.format) }));
  const examples = new Map<FormatName, string>();
  for (const { file, format } of formed) if (!examples.has(format)) examples.set(format, file);
  refuseForeignOptions(flags, examples);
  const outputOf = await namesOfOutputs(formed, flags);
  const jobs: Job[] = [];
  const bad: Unreadable[] = [];
  const pairs: Pair[] = [];
  for (const [index, input] of formed.entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
    const { file, format } = input;
    const output = outputOf(input);
    let { seen } = input;
    try {
      seen = look(input);
      requireContent(file, format, seen);
      jobs.push({ file, output, format, bytes: file === STREAM ? 0 : seen.size });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      bad.push({ file, error });
    }
    pairs.push({ file, output, seen });
  }
  await refuseCollisions(pairs, places, isInPlace);
  const keepsPaths = flags.baseDir !== undefined || once.some(({ below }) => below !== undefined);
  if (flags.out !== undefined && keepsPaths) await makeFolders(jobs);
  return { jobs, unreadable: bad, formats: new Set(jobs.map(({ format }) => format)) };
}

function look({ file, seen: known }: Input): Seen {
  const isStdin = file === STREAM;
  try {
    const seen = isStdin ? lookAtStdin() : (known ?? lookAt(file));
    if (seen.isDirectory) throw Object.assign(new Error(), { syscall: "read", code: "EISDIR" });
    if (!isStdin) accessSync(file, constants.R_OK);
    return seen;
  } catch (error) {
    const failure = unreadable(isStdin ? "stdin" : file, error);
    const isDirectory = !isStdin && isSystemError(error) && error.code === "EISDIR";
    const hint = "--recursive signs the files in it.";
    throw isDirectory ? new CliError(failure.code, failure.message, { hint, cause: error }) : failure;
  }
}

/** Those of a tree that is kept below `out`. */
async function makeFolders(jobs: readonly Job[]): Promise<void> {
  for (const folder of new Set(jobs.map(({ output }) => dirname(output)))) {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unwritable(folder, error);
    });
  }
}
