import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Bytes } from "../../../base/bytes.js";
import { concat } from "../../../base/bytes.js";
import { unsuitable } from "../refusal.js";
import type { Image } from "./image.js";
import { requireNotAborted } from "./image.js";
import type { Layout } from "./layout.js";

/** Windows checks an image page by page, as it reads it. */
const PAGE_BYTES = 4096;
const HASH_BYTES = 32;
/** After so many bytes others get a turn. */
const TURN_BYTES = 1024 * 1024;

/**
 * The page hashes of an image, by SHA-256: for each page of its headers and sections the offset in the file (32 bits, little
 * endian) and the hash of the page, filled up with zeros; at the end the offset where the sections end, and zeros.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for an image that has no pages of 4096 bytes; `ABORTED`
 */
export async function pageHashesOf(
  image: Image,
  layout: Layout,
  signal?: AbortSignal | undefined,
): Promise<Bytes> {
  const { sectionAlignment, sizeOfHeaders, checksumAt, directoryAt, sections, contentEnd } = layout;
  if (sectionAlignment !== PAGE_BYTES || sizeOfHeaders > PAGE_BYTES || sizeOfHeaders < directoryAt + 8)
    throw unsuitable(
      `page hashes are of pages of ${PAGE_BYTES} bytes, with the headers in the first one; its sections are aligned to ${sectionAlignment} bytes and its headers have ${sizeOfHeaders}`,
    );
  // Each could be all of the file, and there can be 65 535 of them.
  if (sections.reduce((sum, { length }) => sum + length, 0) > contentEnd)
    throw unsuitable("its sections overlap, and page hashes are of each");
  const headers = Buffer.from(await image.read(0, sizeOfHeaders));
  const rest = new Uint8Array(PAGE_BYTES - sizeOfHeaders);
  const hashed = concat(
    headers.subarray(0, checksumAt),
    headers.subarray(checksumAt + 4, directoryAt),
    headers.subarray(directoryAt + 8),
    rest,
  );
  const entries = [entry(0, hashed)];
  let end = sizeOfHeaders;
  for (const { offset, length } of sections) {
    for (let page = 0; page < length; page += PAGE_BYTES) {
      if (page % TURN_BYTES === 0) await setImmediate();
      requireNotAborted(signal);
      const bytes = await image.read(offset + page, Math.min(PAGE_BYTES, length - page));
      entries.push(entry(offset + page, concat(bytes, new Uint8Array(PAGE_BYTES - bytes.length))));
    }
    end = offset + length;
  }
  return concat(...joined(entries), littleEndian(end), new Uint8Array(HASH_BYTES));
}

function entry(offset: number, page: Uint8Array): Bytes {
  return concat(littleEndian(offset), createHash("sha256").update(page).digest());
}

function littleEndian(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Not as so many arguments of one call. */
function joined(entries: readonly Bytes[]): [Bytes] {
  const whole = new Uint8Array(entries.length * (4 + HASH_BYTES));
  for (const [index, each] of entries.entries()) whole.set(each, index * (4 + HASH_BYTES));
  return [whole];
}
