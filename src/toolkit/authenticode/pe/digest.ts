import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import { Checksum } from "./checksum.js";
import type { Image } from "./image.js";
import { piecesOf } from "./image.js";
import type { Layout } from "./layout.js";
import { CERTIFICATE_ALIGNMENT } from "./layout.js";

/** What one reading of an image gives. */
export interface Digested {
  /** Authenticode's digests, by Node's names of their hashes. */
  readonly digests: ReadonlyMap<string, Buffer>;
  /** Over the content, with zeros where the checksum and the entry of the certificate table stand. */
  readonly checksum: Checksum;
}

const CHECKSUM_BYTES = 4;
const ENTRY_BYTES = 8;

/**
 * The digests that Authenticode signs ("Windows Authenticode Portable Executable Signature Format", calculating the PE image
 * hash): of the whole file, without its checksum, the entry of its certificate table and that table, and with zeros up to a
 * multiple of 8 bytes.
 *
 * @param hashes - Node's names
 * @throws {SignPathError} `ABORTED`
 */
export async function digestImage(
  image: Image,
  layout: Layout,
  hashes: Iterable<string>,
  signal?: AbortSignal | undefined,
): Promise<Digested> {
  const running = new Map<string, Hash>([...hashes].map((name) => [name, createHash(name)]));
  const checksum = new Checksum();
  const { checksumAt, directoryAt, contentEnd } = layout;
  const take = async (from: number, to: number): Promise<void> => {
    for await (const piece of piecesOf(image, from, to, signal)) {
      for (const hash of running.values()) hash.update(piece);
      checksum.add(piece);
    }
  };
  await take(0, checksumAt);
  checksum.add(new Uint8Array(CHECKSUM_BYTES));
  await take(checksumAt + CHECKSUM_BYTES, directoryAt);
  checksum.add(new Uint8Array(ENTRY_BYTES));
  await take(directoryAt + ENTRY_BYTES, contentEnd);
  const padding = new Uint8Array(paddingAfter(contentEnd));
  checksum.add(padding);
  for (const hash of running.values()) hash.update(padding);
  return { digests: new Map([...running].map(([name, hash]) => [name, hash.digest()])), checksum };
}

/** Zeros that are missing at an offset to a multiple of 8. */
export function paddingAfter(offset: number): number {
  return (CERTIFICATE_ALIGNMENT - (offset % CERTIFICATE_ALIGNMENT)) % CERTIFICATE_ALIGNMENT;
}
