import { setImmediate } from "node:timers/promises";
import { crc32, inflateRawSync } from "node:zlib";
import type { FileEntry } from "@zip.js/zip.js";
import type { ArchiveReader } from "./zip.js";

/** Up to so many bytes, packed and unpacked, an entry costs less to read at once than the streams that would read it. */
const SMALL_BYTES = 256 * 1024;
const DEFLATED = 8;
/** Where nothing is written. */
const NOWHERE = new WritableStream<Uint8Array>();

/** Whether an entry is read by {@link readSmall}. */
export function isSmall({ compressedSize, uncompressedSize }: FileEntry): boolean {
  return compressedSize <= SMALL_BYTES && uncompressedSize <= SMALL_BYTES;
}

/**
 * The content of a small entry, stored or deflated. Its headers are checked by zip.js, and its length and checksum here.
 *
 * @throws {Error} for a damaged entry
 */
export async function readSmall(entry: FileEntry, reader: ArchiveReader): Promise<Uint8Array> {
  // Nothing else may wait for the disk or another thread, and whoever aborts wants a turn.
  await setImmediate();
  await entry.getData(NOWHERE, { checkOverlappingEntryOnly: true });
  const { localDirectory, compressionMethod, compressedSize, uncompressedSize } = entry;
  const packed = await reader.readUint8Array(localDirectory?.dataOffset ?? 0, compressedSize);
  const content = compressionMethod === DEFLATED ? inflate(packed, uncompressedSize) : packed;
  if (content.length !== uncompressedSize) throw new Error("its length is another one");
  if (crc32(content) !== entry.crc32) throw new Error("its checksum is another one");
  return content;
}

function inflate(packed: Uint8Array, length: number): Uint8Array {
  // One byte more, and an error tells of it: no limit may be 0.
  const options = { info: true, maxOutputLength: length + 1 } as const;
  const { buffer, engine } = inflateRawSync(packed, options) as unknown as Inflated;
  if (engine.bytesWritten !== packed.length) throw new Error("something stands behind its data");
  return buffer;
}

/** What `info` asks for. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
