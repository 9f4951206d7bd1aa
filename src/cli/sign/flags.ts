import type { ClientFlags } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import type { CmsFlags } from "./cms-flags.js";
import type { FormatFlags } from "./format-flags.js";
import type { FormatName } from "./formats/table.js";
import { STREAM } from "./inputs/stream.js";
import type { JournalFlags } from "./journal/flags.js";
import type { HashName } from "./signer.js";

/** What the command line of `signpath sign` can say. */
export interface SignFlags extends ClientFlags, CmsFlags, FormatFlags, JournalFlags {
  readonly policy?: string;
  readonly jobs: number;
  readonly format: FormatName | "auto";
  readonly hash?: "sha256" | "sha384" | "sha512";
  readonly padding?: "pkcs1" | "pss";
  readonly ecdsaFormat?: "der" | "ieee";
  readonly certificates?: readonly string[];
  readonly timestamp?: readonly string[];
  readonly timestampRoots?: readonly string[];
  readonly timestampOrder?: "sequential" | "spread";
  readonly keepUnstamped?: boolean;
  readonly recursive?: boolean;
  readonly exclude?: readonly string[];
  readonly filesFrom?: string;
  readonly null?: boolean;
  readonly out?: string;
  readonly baseDir?: string;
  readonly inPlace?: boolean;
  /** `false` for `--no-progress`. */
  readonly progress: boolean;
}

export const HASHES: Readonly<Record<NonNullable<SignFlags["hash"]>, HashName>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** @throws {CliError} `USAGE` for options that do not go together, whatever the files are */
export function checkUsage(files: readonly string[], flags: SignFlags, isTerminal: boolean): void {
  const { out, json, inPlace, baseDir, encoding, attached } = flags;
  if (files.length === 0 && flags.filesFrom === undefined)
    throw usageError("there is nothing to sign: name files, or a list of them with --files-from");
  if (encoding !== undefined && !attached)
    throw usageError("--encoding is of attached content: add --attached");
  if (flags.null && flags.filesFrom === undefined)
    throw usageError("--null is how the names of --files-from are told apart: add --files-from FILE");
  if (inPlace && out !== undefined)
    throw usageError("--in-place and --out say two different things: a signed file takes its own place");
  if (baseDir !== undefined && out === undefined)
    throw usageError("--base-dir is for names below --out: add --out DIRECTORY/");
  if (out === "") throw usageError("--out is empty");
  if (out !== STREAM) return;
  if (json) throw usageError("--json and --out - would both write to stdout");
  if (isTerminal) throw usageError("a signature is no text for a terminal: redirect stdout, or name a file");
}

/** @throws {CliError} `USAGE` for what says something of timestamps where none is asked for */
export function refuseTimestampFlags({ timestampRoots, timestampOrder, keepUnstamped }: SignFlags): void {
  const [given] = [
    ...(timestampRoots ? ["--timestamp-roots"] : []),
    ...(timestampOrder ? ["--timestamp-order"] : []),
    ...(keepUnstamped ? ["--keep-unstamped"] : []),
  ];
  if (given !== undefined)
    throw usageError(`${given} is for signatures with timestamps: add --timestamp URL`);
}
