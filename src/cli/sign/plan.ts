import type { BigIntStats, Stats } from "node:fs";
import { fstatSync } from "node:fs";
import { access, constants, mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { CliError } from "../cli-error.js";
import { isSystemError, unreadable, unwritable, usageError } from "../cli-error.js";
import { visible } from "../output.js";

/** What stands for stdin among the files, and for stdout as output. */
export const STREAM = "-";

/** One file to sign. */
export interface Job {
  /** As it was given. */
  readonly file: string;
  readonly output: string;
  /** Length of the file, as far as that can be known beforehand. */
  readonly bytes: number;
}

/** A file that cannot be read. */
export interface Unreadable {
  readonly file: string;
  readonly error: CliError;
}

/** What is to be signed, and what cannot be. */
export interface Plan {
  readonly jobs: readonly Job[];
  readonly unreadable: readonly Unreadable[];
}

/**
 * Decides where each signature goes, and looks at each file. Nothing has been sent or written yet, but for the directory
 * that `out` asks for.
 *
 * @param extension - of the signatures: `.p7s`
 * @throws {CliError} `USAGE` where two signatures would go to one file, or a signature where a file to sign is
 */
export async function makePlan(
  files: readonly string[],
  out: string | undefined,
  extension: string,
): Promise<Plan> {
  const nameOf = await naming(files, out, extension);
  const pairs = files.map((file) => ({ file, output: nameOf(file) }));
  await refuseCollisions(pairs);
  const looked = await Promise.all(pairs.map(look));
  return {
    jobs: looked.filter((each): each is Job => "bytes" in each),
    unreadable: looked.filter((each): each is Unreadable => "error" in each),
  };
}

/** The way from a file to its output. */
async function naming(
  files: readonly string[],
  out: string | undefined,
  extension: string,
): Promise<(file: string) => string> {
  if (out === "") throw usageError("--out is empty");
  const streams = files.filter((file) => file === STREAM).length;
  if (streams > 1) throw usageError("stdin can be signed only once");
  if (out === undefined) {
    if (streams > 0)
      throw usageError("a signature of stdin needs a place: add --out FILE, or --out - for stdout");
    return (file) => file + extension;
  }
  if (out !== STREAM && (await isDirectory(out))) {
    if (streams > 0)
      throw usageError(`stdin has no name: --out must be a file, not the directory ${visible(out)}`);
    return (file) => join(out, basename(file) + extension);
  }
  if (files.length === 1) return () => out;
  throw usageError(
    `--out ${visible(out)} is for one file, and there are ${files.length}`,
    "Name a directory: one that exists, or with a final slash one that is to be made.",
  );
}

/** A directory, made where a final slash says that it is meant to be one. */
async function isDirectory(out: string): Promise<boolean> {
  try {
    if (out.endsWith("/") || out.endsWith(sep)) await mkdir(out, { recursive: true });
    return (await stat(out)).isDirectory();
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return false;
    throw unwritable(out, error);
  }
}

async function look({ file, output }: { file: string; output: string }): Promise<Job | Unreadable> {
  const isStdin = file === STREAM;
  try {
    if (isStdin) {
      refuseDirectory(statOfStdin());
      return { file, output, bytes: 0 };
    }
    const stats = await stat(file);
    refuseDirectory(stats);
    await access(file, constants.R_OK);
    return { file, output, bytes: stats.size };
  } catch (error) {
    return { file, error: unreadable(isStdin ? "stdin" : file, error) };
  }
}

/**
 * Node makes an empty stream of a directory as stdin. With `bigint`, because after any other synchronous look at a pipe
 * Node 22.23 loads the next CommonJS module as an empty one.
 */
function statOfStdin(): BigIntStats {
  return fstatSync(0, { bigint: true });
}

function refuseDirectory(stats: Stats | BigIntStats): void {
  if (stats.isDirectory()) throw Object.assign(new Error(), { syscall: "read", code: "EISDIR" });
}

async function refuseCollisions(pairs: readonly { file: string; output: string }[]): Promise<void> {
  const folders = new Map<string, Promise<string>>();
  const identities = (path: string): Promise<string[]> =>
    path === STREAM ? Promise.resolve([]) : identitiesOf(path, folders);
  const known = await Promise.all(
    pairs.map(async (pair) => ({
      ...pair,
      inputs: await identities(pair.file),
      outputs: await identities(pair.output),
    })),
  );
  const inputs = new Map(known.flatMap((pair) => pair.inputs.map((identity) => [identity, pair.file])));
  const outputs = new Map<string, string>();
  for (const { file, output, outputs: own } of known) {
    const input = own.map((identity) => inputs.get(identity)).find((each) => each !== undefined);
    if (input !== undefined) {
      throw usageError(
        `the signature of ${visible(file)} would replace ${visible(input)}, which is to be signed`,
      );
    }
    const other = own.map((identity) => outputs.get(identity)).find((each) => each !== undefined);
    if (other !== undefined) {
      throw usageError(
        `the signatures of ${visible(other)} and ${visible(file)} would both be ${visible(output)}`,
        "Sign them one after the other, with another --out.",
      );
    }
    for (const identity of own) outputs.set(identity, file);
  }
}

/** By what a path is known to be the same file as another one: where it is, and what is there. */
async function identitiesOf(path: string, folders: Map<string, Promise<string>>): Promise<string[]> {
  const folder = dirname(path);
  let real = folders.get(folder);
  if (real === undefined) {
    real = realpath(folder).catch(() => resolve(folder));
    folders.set(folder, real);
  }
  const place = join(await real, basename(path));
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  // Some file systems number no files.
  return there === undefined || there.ino === 0n ? [place] : [place, `${there.dev}:${there.ino}`];
}
