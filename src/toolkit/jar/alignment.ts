import type { JarEntry } from "./entries.js";

/** Identifier of the extra field that zipalign and apksigner pad with: an alignment, then zeros. */
const ALIGNMENT_FIELD = 0xd935;
/** Identifier, length and alignment. */
const FIELD_BYTES = 6;

const LOCAL_HEADER_BYTES = 30;
const WORD = 4;
/** From the largest: what Android's loaders map libraries at. */
const PAGES: readonly number[] = [16_384, 4096];

/**
 * What the stored entries of an archive are aligned to, if all of them are: a word, or a page of memory where libraries
 * (`*.so`) are; else 1. Their data must have been read before.
 */
export function alignmentOf(files: readonly JarEntry[]): number {
  const stored = files.filter(
    ({ zipEntry }) => zipEntry.compressionMethod === 0 && zipEntry.compressedSize > 0,
  );
  const isAligned = (entries: readonly JarEntry[], to: number): boolean =>
    entries.length > 0 &&
    entries.every(({ zipEntry }) => (zipEntry.localDirectory?.dataOffset ?? 1) % to === 0);
  if (!isAligned(stored, WORD)) return 1;
  const libraries = stored.filter(({ name }) => name.endsWith(".so"));
  return PAGES.find((page) => isAligned(libraries, page)) ?? WORD;
}

/**
 * The extra field of a stored entry after which everything else is moved by a multiple of the alignment.
 *
 * @param begin - where the entry's local header will be
 * @param length - of the entry's name and data in bytes
 * @param next - where what follows has been so far
 */
export function paddingField(
  begin: number,
  length: number,
  next: number,
  alignment: number,
): ReadonlyMap<number, Uint8Array> {
  const shift = begin + LOCAL_HEADER_BYTES + length - next;
  let padding = (alignment - (shift % alignment)) % alignment;
  if (padding === 0) return new Map();
  while (padding < FIELD_BYTES) padding += alignment;
  const field = Buffer.alloc(padding - WORD);
  field.writeUInt16LE(alignment);
  return new Map([[ALIGNMENT_FIELD, new Uint8Array(field)]]);
}
