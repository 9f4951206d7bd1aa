import type { FileHandle } from "node:fs/promises";
import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { encodeCertificateTable } from "./pe/certificate-table.js";
import type { Digested } from "./pe/digest.js";
import { paddingAfter } from "./pe/digest.js";
import type { Layout } from "./pe/layout.js";
import { unsuitable } from "./refusal.js";

/** What changes in an image when it gets a signature: two fields of its headers, and all behind its content. */
export interface Attachment {
  readonly contentEnd: number;
  /** From there on. */
  readonly tail: Bytes;
  readonly fields: readonly { readonly at: number; readonly bytes: Bytes }[];
}

/** Offsets and lengths in the headers have 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;

/** Makes room for a signature in place of one that may be there, and counts the checksum anew. */
export function attachmentOf(layout: Layout, { checksum }: Digested, signature: Uint8Array): Attachment {
  const { contentEnd, checksumAt, directoryAt } = layout;
  const table = encodeCertificateTable(signature);
  const offset = contentEnd + paddingAfter(contentEnd);
  const size = offset + table.length;
  if (size > MOST_BYTES) throw unsuitable(`with a signature it would have more than ${MOST_BYTES} bytes`);
  const entry = words(offset, table.length);
  // The entry was counted as zeros, and stands at an even offset as all words do.
  checksum.add(entry).add(table);
  return {
    contentEnd,
    tail: concat(new Uint8Array(offset - contentEnd), table),
    fields: [
      { at: checksumAt, bytes: words(checksum.value(size)) },
      { at: directoryAt, bytes: entry },
    ],
  };
}

/** The image with its signature. */
export function attach(image: Uint8Array, { contentEnd, tail, fields }: Attachment): Bytes {
  const whole = concat(image.subarray(0, contentEnd), tail);
  for (const { at, bytes } of fields) whole.set(bytes, at);
  return whole;
}

/** The same in an open file. */
export async function attachToFile(
  file: FileHandle,
  { contentEnd, tail, fields }: Attachment,
): Promise<void> {
  await file.truncate(contentEnd);
  for (const { at, bytes } of [{ at: contentEnd, bytes: tail }, ...fields]) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  }
}

function words(...values: readonly number[]): Bytes {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}
