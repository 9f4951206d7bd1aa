import type { Entry, FileEntry } from "@zip.js/zip.js";
import { refused } from "./refusal.js";
import { isSmall, readSmall } from "./small-entry.js";
import type { ArchiveReader, ZipModule } from "./zip.js";
import { onArchive, zipReader } from "./zip.js";

/** Where Java looks for the manifest. */
export const MANIFEST_NAME = "META-INF/MANIFEST.MF";

/** An entry by the name that Java gives it. */
export interface JarEntry {
  readonly name: string;
  readonly zipEntry: Entry;
  /** The archive that it is in. */
  readonly reader: ArchiveReader;
}

/** The entries of an archive by what signing means to them, each kind in the archive's order. */
export interface JarEntries {
  readonly manifest: JarEntry | undefined;
  /** Signature files, signature blocks and what else belongs to signatures: not signed. */
  readonly signatures: readonly JarEntry[];
  /** What is signed: all files but these. */
  readonly files: readonly JarEntry[];
  readonly directories: readonly JarEntry[];
  /** The archive's own comment. */
  readonly comment: Uint8Array;
}

/** Compression methods that Java reads: stored and deflated. */
const METHODS: ReadonlySet<number> = new Set([0, 8]);

/** What the JAR specification counts among signatures, with the bounds that Java has. */
const SIGNATURE_RELATED = /^META-INF\/(?:[^/]+\.(?:SF|RSA|DSA|EC)|SIG-(?:[^/.]*|[^/]*\.[A-Z0-9]{1,3}))$/i;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The entries of an archive.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no archive, or one that cannot be signed; `ABORTED`
 */
export async function readEntries(
  zip: ZipModule,
  reader: ArchiveReader,
  signal: AbortSignal | undefined,
): Promise<JarEntries> {
  const archive = zipReader(zip, reader);
  const found = await onArchive("the archive", signal, () => archive.getEntries());
  const names = new Set<string>();
  const entries = found.map((zipEntry) => {
    const name = nameOf(zipEntry);
    requireReadable(name, zipEntry);
    const key = isManifest(name) || isSignatureRelated(name) ? name.toUpperCase() : name;
    if (names.has(key)) throw refused(`the archive has two entries ${JSON.stringify(name)}`);
    names.add(key);
    return { name, zipEntry, reader };
  });
  const files = entries.filter(({ name }) => !name.endsWith("/"));
  return {
    manifest: files.find(({ name }) => isManifest(name)),
    signatures: files.filter(({ name }) => isSignatureRelated(name)),
    files: files.filter(({ name }) => !isManifest(name) && !isSignatureRelated(name)),
    directories: entries.filter(({ name }) => name.endsWith("/")),
    comment: archive.comment,
  };
}

/**
 * Reads the content of an entry, and checks its checksum and that it is no other entry's as well.
 *
 * @param onChunk - gets each chunk, which is good until it returns
 * @throws {SignPathError} `REQUEST_REJECTED`, `ABORTED`
 */
export async function readEntry(
  { name, zipEntry, reader }: JarEntry,
  onChunk: (chunk: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = zipEntry as FileEntry;
  await onArchive(`the entry ${JSON.stringify(name)}`, signal, async () => {
    if (isSmall(file)) return onChunk(await readSmall(file, reader));
    await file.getData(new WritableStream<Uint8Array>({ write: onChunk }), {
      checkCrc32: true,
      checkOverlappingEntry: true,
      useWebWorkers: false,
      ...(signal !== undefined && { signal }),
    });
  });
}

/** The name of a signature: of `META-INF/NAME.SF`, NAME in capital letters. */
export function signatureNameOf({ name }: JarEntry): string {
  return name
    .slice("META-INF/".length)
    .replace(/\.[^.]*$/, "")
    .toUpperCase();
}

/** Whether an entry is a signature file. */
export function isSignatureFile({ name }: JarEntry): boolean {
  return /\.SF$/i.test(name);
}

function isManifest(name: string): boolean {
  return name.toUpperCase() === MANIFEST_NAME;
}

function isSignatureRelated(name: string): boolean {
  return SIGNATURE_RELATED.test(name);
}

/** Java takes every name for UTF-8, whatever the archive says. */
function nameOf({ rawFilename }: Entry): string {
  try {
    return utf8.decode(rawFilename);
  } catch (cause) {
    const shown = JSON.stringify(Buffer.from(rawFilename).toString("latin1"));
    throw refused(`the name of the entry ${shown} is not in UTF-8, which Java and manifests need`, cause);
  }
}

function requireReadable(name: string, { encrypted, compressionMethod, directory }: Entry): void {
  const shown = `the entry ${JSON.stringify(name)}`;
  if (name === "" || /[\r\n\0]/.test(name))
    throw refused(`${shown} has a name that a manifest cannot hold: empty, or with a line break or NUL`);
  if (encrypted) throw refused(`${shown} is encrypted`);
  if (!METHODS.has(compressionMethod))
    throw refused(
      `${shown} has the compression method ${compressionMethod}; Java reads 0 and 8 (deflate) only`,
    );
  if (directory !== name.endsWith("/"))
    throw refused(`${shown} is a directory by its attributes and none by its name`);
}
