import type { Entry, ZipWriter } from "@zip.js/zip.js";
import { alignmentOf, paddingField } from "./alignment.js";
import type { JarEntries, JarEntry } from "./entries.js";
import { MANIFEST_NAME } from "./entries.js";
import type { ArchiveReader, ZipModule } from "./zip.js";
import { onArchive, READER_OPTIONS } from "./zip.js";

/** Takes an archive piece by piece. */
export interface ArchiveSink {
  append(bytes: Uint8Array): Promise<void>;
}

/** A signed archive before it is written. */
export interface SignedArchive {
  readonly entries: JarEntries;
  /** `undefined`: the one that is there. */
  readonly manifest: Uint8Array | undefined;
  /** Other signatures that stay. */
  readonly kept: readonly JarEntry[];
  readonly signatureFile: { readonly name: string; readonly bytes: Uint8Array };
  readonly block: { readonly name: string; readonly bytes: Uint8Array };
}

/** Files of META-INF are written as `jar` does: no extra fields, no modes of Unix; with their lengths before them. */
const NEW_ENTRY = {
  dataDescriptor: false,
  extendedTimestamp: false,
  msDosCompatible: true,
  useWebWorkers: false,
} as const;

/**
 * Writes the archive: the manifest first, then the signatures, so that a reader of streams knows them before what they sign,
 * then everything else in its order. What was there is copied as it is, compressed, with its headers.
 *
 * @throws {SignPathError} `REQUEST_REJECTED`, `ABORTED`; errors of the sink
 */
export async function writeArchive(
  zip: ZipModule,
  reader: ArchiveReader,
  archive: SignedArchive,
  sink: ArchiveSink,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { entries, manifest, kept, signatureFile, block } = archive;
  const begin = await copyBeginning(reader, entries, sink, signal);
  const writable = new WritableStream<Uint8Array>({
    write(chunk) {
      if (signal?.aborted) throw signal.reason;
      return sink.append(chunk);
    },
  });
  const output = { writable, size: begin };
  const writer = new zip.ZipWriter(output, { useWebWorkers: false });
  const copy = (chosen: readonly (JarEntry | undefined)[]): Promise<void> =>
    copyEntries(writer, reader, chosen);
  const add = async (name: string, bytes: Uint8Array, options: object): Promise<void> => {
    await writer.add(name, new zip.Uint8ArrayReader(bytes), { ...NEW_ENTRY, ...options });
  };
  await onArchive("the archive", signal, async () => {
    await copy(entries.directories.filter(({ name }) => name === "META-INF/"));
    if (manifest === undefined) await copy([entries.manifest]);
    else await add(MANIFEST_NAME, manifest, {});
    await copy(kept);
    await add(signatureFile.name, signatureFile.bytes, {});
    const others = [...entries.directories.filter(({ name }) => name !== "META-INF/"), ...entries.files];
    const localExtraField = paddingField(
      output.size,
      block.name.length + block.bytes.byteLength,
      firstOf(others),
      alignmentOf(entries.files),
    );
    await add(block.name, block.bytes, { level: 0, localExtraField });
    await copy(others);
    await writer.close(entries.comment);
  });
}

/** Copies what stands before the first entry, for example the script that starts a program. */
async function copyBeginning(
  reader: ArchiveReader,
  { manifest, signatures, files, directories }: JarEntries,
  sink: ArchiveSink,
  signal: AbortSignal | undefined,
): Promise<number> {
  const all = [...(manifest === undefined ? [] : [manifest]), ...signatures, ...files, ...directories];
  const length = firstOf(all);
  if (length > 0)
    for await (const chunk of reader.createReadable({ offset: 0, size: length })) {
      await onArchive("the archive", signal, () => sink.append(chunk));
    }
  return length;
}

/** Where the first of some entries begins; 0 if there are none. */
function firstOf(entries: readonly JarEntry[]): number {
  const first = entries.reduce(
    (least, { zipEntry }) => Math.min(least, zipEntry.offset),
    Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(first) ? first : 0;
}

async function copyEntries(
  writer: ZipWriter<unknown>,
  reader: ArchiveReader,
  chosen: readonly (JarEntry | undefined)[],
): Promise<void> {
  const offsets = new Set(chosen.flatMap((entry) => (entry === undefined ? [] : [entry.zipEntry.offset])));
  if (offsets.size === 0) return;
  await writer.appendZip(reader, {
    readerOptions: READER_OPTIONS,
    filter: ({ offset }: Entry) => offsets.has(offset),
  });
}
