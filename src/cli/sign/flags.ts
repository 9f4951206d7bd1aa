import { usageError } from "../cli-error.js";
import type { ClientFlags } from "../client.js";
import type { CmsFlags } from "./cms-flags.js";
import { checkCmsFlags } from "./cms-flags.js";
import { STREAM } from "./plan.js";
import type { HashName, SignatureFormat } from "./signer.js";

/** What the command line of `signpath sign` can say. */
export interface SignFlags extends ClientFlags, CmsFlags {
  readonly policy?: string;
  readonly jobs: number;
  readonly format: SignatureFormat;
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly padding?: "pkcs1" | "pss";
  readonly ecdsaFormat?: "der" | "ieee";
  readonly certificates?: readonly string[];
  readonly timestamp?: readonly string[];
  readonly timestampRoots?: readonly string[];
  readonly timestampOrder?: "sequential" | "spread";
  readonly keepUnstamped?: boolean;
  readonly out?: string;
  /** `false` for `--no-progress`. */
  readonly progress: boolean;
}

export const HASHES: Readonly<Record<SignFlags["hash"], HashName>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** @throws {CliError} `USAGE` for options that do not go together */
export function checkUsage(flags: SignFlags, isTerminal: boolean): void {
  const { format, out, json } = flags;
  if (format === "raw") {
    if (flags.attached) throw usageError("--attached is for --format cms: a raw signature holds no content");
    if (flags.certificates)
      throw usageError("--certificates is for --format cms: a raw signature holds none");
    if (flags.timestamp)
      throw usageError("--timestamp is for --format cms: a raw signature has no place for one");
  } else if (flags.ecdsaFormat) throw usageError("--ecdsa-format is for --format raw: CMS has its own");
  checkCmsFlags(flags, format);
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
