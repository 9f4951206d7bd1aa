import { mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isSystemError, unwritable, usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";
import type { SignFlags } from "./flags.js";
import type { FormatName } from "./formats/table.js";
import { isEmbedded, suffixOf } from "./formats/table.js";
import type { Input } from "./inputs/input.js";
import { STREAM } from "./inputs/stream.js";

/** A file with what it is to become. */
export interface FormedInput extends Input {
  readonly format: FormatName;
}

type OutputFlags = Pick<SignFlags, "out" | "baseDir" | "inPlace">;

/**
 * The way from a file to its output.
 *
 * @throws {CliError} `USAGE` where one of the files cannot have one
 */
export async function namesOfOutputs(
  inputs: readonly FormedInput[],
  { out, baseDir, inPlace }: OutputFlags,
): Promise<(input: FormedInput) => string> {
  refuseStreams(inputs, out, inPlace ?? false);
  if (inPlace) {
    const foreign = inputs.find(({ format }) => !isEmbedded(format));
    if (foreign !== undefined)
      throw usageError(
        `--in-place is for signatures inside of files, and that of ${visible(foreign.file)} is made beside it (--format ${foreign.format})`,
        `Name those that are meant, as "dist/**/*.exe", or leave others out with --exclude.`,
      );
    return ({ file }) => file;
  }
  if (out === undefined) {
    const embedded = inputs.find(({ format }) => isEmbedded(format));
    if (embedded !== undefined)
      throw usageError(
        `the signature goes into ${visible(embedded.file)} (--format ${embedded.format}): where shall the signed file be?`,
        "Add --in-place to replace the file, or --out to write another one. With --format cms the signature is made beside it.",
      );
    return ({ file, format }) => file + (suffixOf(format) ?? "");
  }
  if (out !== STREAM && (await isDirectory(out))) {
    if (inputs.some(({ file }) => file === STREAM))
      throw usageError(`stdin has no name: --out must be a file, not the directory ${visible(out)}`);
    const nameOf = await namesBelow(inputs, baseDir);
    return (input) => join(out, nameOf(input) + (suffixOf(input.format) ?? ""));
  }
  if (baseDir !== undefined)
    throw usageError(`--base-dir is for names in a directory, and --out ${visible(out)} is none`);
  // What was found in a tree may be one file today and two tomorrow.
  if (inputs.length === 1 && inputs[0]?.below === undefined) return () => out;
  throw usageError(
    `--out ${visible(out)} is for one file, and there are ${inputs.length}`,
    "Name a directory: one that exists, or with a final slash one that is to be made.",
  );
}

function refuseStreams(inputs: readonly FormedInput[], out: string | undefined, inPlace: boolean): void {
  const streams = inputs.filter(({ file }) => file === STREAM);
  const [stdin] = streams;
  if (streams.length > 1) throw usageError("stdin can be signed only once");
  if (stdin !== undefined && isEmbedded(stdin.format))
    throw usageError(`stdin can be signed as cms, raw or jws; --format ${stdin.format} needs a file`);
  if (stdin !== undefined && inPlace) throw usageError("stdin cannot be signed in place: it is no file");
  if (stdin !== undefined && out === undefined)
    throw usageError("a signature of stdin needs a place: add --out FILE, or --out - for stdout");
  const [first] = inputs;
  const byItself = first?.format === "authenticode" || first?.format === "jar";
  if (out === STREAM && byItself)
    throw usageError(`--format ${first.format} writes no stdout: name a file with --out`);
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

/** What files are called in a directory of results: their own names, or their paths below what they were found by. */
async function namesBelow(
  inputs: readonly FormedInput[],
  baseDir: string | undefined,
): Promise<(input: FormedInput) => string> {
  if (baseDir === undefined) return ({ file, below }) => below ?? basename(file);
  const base = await realpath(baseDir).catch(() => {
    throw usageError(`--base-dir ${visible(baseDir)} is no directory`);
  });
  const folders = new Map<string, string>();
  for (const { file } of inputs) {
    const folder = dirname(file);
    if (!folders.has(folder)) folders.set(folder, await realpath(folder).catch(() => resolve(folder)));
  }
  return ({ file }) => {
    const name = relative(base, join(folders.get(dirname(file)) ?? "", basename(file)));
    if (name === ".." || name.startsWith(`..${sep}`) || isAbsolute(name))
      throw usageError(`${visible(file)} is not below --base-dir ${visible(baseDir)}`);
    return name;
  };
}
