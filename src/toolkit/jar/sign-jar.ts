import { realpathSync } from "node:fs";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { OutputFile } from "../../adapter/output-file.js";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { changedMeanwhile, hasSameContent } from "../../base/unchanged.js";
import type { JarPlan, SignJarOptions } from "./options.js";
import { jarPlanOf } from "./options.js";
import type { PreparedArchive } from "./sign-archive.js";
import { prepareArchive, signPrepared } from "./sign-archive.js";
import { writeArchive } from "./write-archive.js";
import { fileReader, loadZip } from "./zip.js";

/** How to sign a JAR file on disk. */
export interface SignJarFileOptions extends SignJarOptions {
  /** Where the signed file goes. Default: it takes the place of the source. */
  readonly out?: string | URL | undefined;
}

/** What was signed. */
export interface SignedJar {
  /** Where the signed file is. */
  readonly path: string;
  /** How many entries have been signed. */
  readonly entries: number;
  /** Whether the manifest had to be changed: digests were added or replaced. */
  readonly manifestChanged: boolean;
  /** Names of other signatures that stay. */
  readonly kept: readonly string[];
  /** Names of signatures that were there and are there no longer, or were made anew. */
  readonly replaced: readonly string[];
}

/**
 * Signs a JAR file, or any other zip file, as jarsigner does: digests of all entries in `META-INF/MANIFEST.MF`, whose
 * attributes stay as they are, the signature file `NAME.SF`, and the signature block `NAME.RSA` or `NAME.EC`, a detached CMS
 * signature. Entries are copied as they are, compressed, with times, attributes and comments; files of any size are read in
 * constant memory. The result is written beside its path and renamed when it is whole. One hash is sent.
 *
 * ```ts
 * await signJar("app.jar", { policy, certificates: [intermediatesPem], timestamp: "http://tsa.example" });
 * ```
 *
 * @param source - path of the file
 * @returns how many entries are signed, and which other signatures stayed
 * @throws {SignPathError} `REQUEST_REJECTED` for a file that is no archive, is damaged, or cannot be signed without harm to
 * signatures that are to stay; `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`, `CHAIN_INCOMPLETE`, all of them
 * before anything is sent; those of signing; `TIMESTAMP_FAILED`
 * @throws {TypeError} for a source, a policy or a signal that is none. Errors of the file system are passed on as they are
 */
export async function signJar(source: string | URL, options: SignJarFileOptions): Promise<SignedJar> {
  const { out = source, ...shared } = options;
  const [sourcePath, path] = [pathOf(source, "source"), pathOf(out, "out")];
  const plan = jarPlanOf(shared);
  const zip = await loadZip();
  const file = await open(sourcePath, "r");
  let output: OutputFile | undefined;
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile()) throw new TypeError(`${sourcePath} is no regular file`);
    const reader = fileReader(zip, file, Number(before.size));
    const prepared = await prepareArchive(zip, reader, plan);
    // Before anything is signed that could not be written.
    output = await OutputFile.open(path, isSamePlace(sourcePath, path) ? before : undefined);
    const signed = await signPrepared(prepared, plan);
    await writeArchive(zip, reader, signed, output, plan.signal);
    // The signature is of what was read first.
    if (!hasSameContent(before, await file.stat({ bigint: true }))) throw changedMeanwhile(sourcePath);
    await output.commit();
    return { path, ...summaryOf(prepared) };
  } finally {
    await file.close();
    await output?.discard();
  }
}

/**
 * The same in memory: {@link signJar} for bytes.
 *
 * @param source - is copied at the call; the caller may change it afterwards
 * @returns the signed archive in a buffer of its own
 * @throws {SignPathError} those of {@link signJar}
 * @throws {TypeError} for a source or a policy that is none
 */
export async function signJarBytes(
  source: ArrayBuffer | ArrayBufferView,
  options: SignJarOptions,
): Promise<Bytes> {
  if (!isBufferSource(source)) throw new TypeError("source must be bytes; signJar takes the path of a file");
  const bytes = exactCopy(viewOf(source));
  const plan: JarPlan = jarPlanOf(options);
  const zip = await loadZip();
  const reader = new zip.Uint8ArrayReader(bytes);
  const prepared = await prepareArchive(zip, reader, plan);
  const signed = await signPrepared(prepared, plan);
  const chunks: Uint8Array[] = [];
  const append = async (chunk: Uint8Array): Promise<void> => void chunks.push(Uint8Array.from(chunk));
  await writeArchive(zip, reader, signed, { append }, plan.signal);
  return exactCopy(Buffer.concat(chunks));
}

function summaryOf(prepared: PreparedArchive): Omit<SignedJar, "path"> {
  const { entries, isChanged, keptNames, removedNames } = prepared;
  return {
    entries: entries.files.length,
    manifestChanged: isChanged,
    kept: keptNames,
    replaced: removedNames,
  };
}

function pathOf(value: unknown, name: string): string {
  if (value instanceof URL) return fileURLToPath(value);
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`${name} must be the path of a file`);
}

/** Whether one is the other, or leads to it. */
function isSamePlace(source: string, out: string): boolean {
  if (source === out) return true;
  try {
    return realpathSync.native(source) === realpathSync.native(out);
  } catch {
    return false;
  }
}
