import { concat, equal } from "../../base/bytes.js";

/** The tag of a COSE_Sign1, and an array of four. */
const BEGINNING = Uint8Array.of(0xd2, 0x84);
const EMPTY_MAP = Uint8Array.of(0xa0);
const BYTES = 2;
const TEXT = 3;
const MAP = 5;

/** `Sig_structure` of one signer (RFC 9052, section 4.4). */
export function signatureStructure(
  protectedHeader: Uint8Array,
  external: Uint8Array,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const context = Buffer.from("Signature1");
  // An empty map is signed as no bytes at all, whichever the message has.
  const body = equal(protectedHeader, EMPTY_MAP) ? new Uint8Array() : protectedHeader;
  const parts = [byteString(body), byteString(external), byteString(payload)];
  return concat(Uint8Array.of(0x84), head(TEXT, context.length), context, ...parts);
}

/**
 * The protected header of a tagged COSE_Sign1 as it is encoded, and where the signature, its last member, begins.
 *
 * @param signatureBytes - how long the signature is
 * @throws {TypeError} if it is none around that payload, in the shortest encoding
 */
export function layoutOf(
  message: Uint8Array,
  payload: Uint8Array,
  signatureBytes: number,
): { readonly protectedHeader: Uint8Array; readonly end: number } {
  const last = head(BYTES, signatureBytes);
  const end = message.length - last.length - signatureBytes;
  const before = concat(byteString(payload), last);
  const start = end + last.length - before.length;
  const isThere =
    start > BEGINNING.length &&
    equal(message.subarray(0, BEGINNING.length), BEGINNING) &&
    equal(message.subarray(start, start + before.length), before);
  const protectedHeader = isThere ? protectedHeaderIn(message.subarray(BEGINNING.length)) : undefined;
  if (protectedHeader !== undefined) return { protectedHeader, end };
  throw new TypeError("this is no tagged COSE_Sign1 around the payload; cose-js 0.9 makes one");
}

/** The protected header, which comes first; undefined if it is none, or has 64 KiB or more. */
function protectedHeaderIn(encoded: Uint8Array): Uint8Array | undefined {
  const [first = 0, second = 0, third = 0] = encoded;
  const short = first - (BYTES << 5);
  if (short < 0 || short > 25) return undefined;
  const length = short < 24 ? short : short === 24 ? second : (second << 8) | third;
  const start = head(BYTES, length).length;
  const content = encoded.subarray(start, start + length);
  // Two maps: in the byte string, unless it is empty, and behind it.
  const isMap = (byte: number | undefined): boolean => byte !== undefined && byte >> 5 === MAP;
  const isHeader = (length === 0 || isMap(content[0])) && isMap(encoded[start + length]);
  return isHeader ? content : undefined;
}

/** A byte string (RFC 8949, section 3.1). */
export function byteString(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(head(BYTES, content.length), content);
}

/** The shortest head of a data item (RFC 8949, section 3). */
function head(majorType: number, length: number): Uint8Array<ArrayBuffer> {
  const type = majorType << 5;
  if (length < 24) return Uint8Array.of(type | length);
  if (length < 0x100) return Uint8Array.of(type | 24, length);
  if (length < 0x10000) return Uint8Array.of(type | 25, length >> 8, length & 0xff);
  const bytes = new Uint8Array(5);
  bytes[0] = type | 26;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}
