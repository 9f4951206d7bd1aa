import type { Bytes } from "../../../base/bytes.js";
import { exactCopy } from "../../../base/bytes.js";
import { unsuitable } from "../refusal.js";
import { paddingAfter } from "./digest.js";
import type { Image } from "./image.js";
import type { Layout } from "./layout.js";

/** Of `WIN_CERTIFICATE`: its length, revision and type. */
const HEADER_BYTES = 8;
const REVISION_2 = 0x0200;
const PKCS_SIGNED_DATA = 0x0002;

/** An executable has a megabyte of signatures at most, or something else in their place. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A certificate table with one PKCS #7 signature, filled up with zeros to a multiple of 8 bytes. */
export function encodeCertificateTable(signature: Uint8Array): Bytes {
  const length = HEADER_BYTES + signature.length;
  const table = new Uint8Array(length + paddingAfter(length));
  const view = new DataView(table.buffer);
  view.setUint32(0, table.length, true);
  view.setUint16(4, REVISION_2, true);
  view.setUint16(6, PKCS_SIGNED_DATA, true);
  table.set(signature, HEADER_BYTES);
  return table;
}

/**
 * The PKCS #7 signature of an image, if it has one.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` where it has several side by side, or something else
 */
export async function readSignature(image: Image, layout: Layout): Promise<Bytes | undefined> {
  const range = layout.certificateTable;
  if (range === undefined) return undefined;
  if (range.length > MOST_BYTES || range.length < HEADER_BYTES) throw notOne();
  const table = await image.read(range.offset, range.length);
  const length = table.readUInt32LE(0);
  const isOne =
    length >= HEADER_BYTES && length <= table.length && length + paddingAfter(length) >= table.length - 7;
  if (!isOne || table.readUInt16LE(6) !== PKCS_SIGNED_DATA) throw notOne();
  return exactCopy(derIn(table.subarray(HEADER_BYTES, length)));
}

/** Without the zeros behind it, which some tools count to its length. */
function derIn(bytes: Buffer): Buffer {
  const digits = (bytes[1] ?? 0) & 0x7f;
  const isLong = (bytes[1] ?? 0) > 0x80;
  if (bytes[0] !== 0x30 || (isLong && (digits > 4 || bytes.length < 2 + digits))) throw notOne();
  const length = isLong ? 2 + digits + bytes.readUIntBE(2, digits) : 2 + digits;
  return bytes.subarray(0, length);
}

function notOne(): Error {
  return unsuitable("its certificate table does not hold one PKCS #7 signature");
}
