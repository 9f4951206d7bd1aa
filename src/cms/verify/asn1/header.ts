import { Malformed, TooLarge } from "./limits.js";
import { CONSTRUCTED } from "./tags.js";

/** The beginning of a value. */
export interface Header {
  /** Identifier octet. */
  readonly tag: number;
  /** Bytes of the contents; `undefined` for an indefinite length. */
  readonly length: number | undefined;
  /** Bytes of the header itself. */
  readonly size: number;
}

/** A header has no more bytes: identifier, first octet of the length, and six of the length. */
export const LONGEST_HEADER = 8;

/**
 * Reads identifier and length (X.690, section 8.1). Tags of more than one byte, which neither CMS nor X.509 has, and
 * lengths from 2^48 on are refused. `undefined` where the header is not complete yet.
 *
 * @throws {Malformed}
 */
export function readHeader(bytes: Uint8Array, offset: number): Header | undefined {
  const [tag, first] = [bytes[offset], bytes[offset + 1]];
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f) throw new Malformed("a tag has more than one byte");
  if (first < 0x80) return { tag, length: first, size: 2 };
  if (first === 0x80) {
    if ((tag & CONSTRUCTED) === 0) throw new Malformed("a primitive value has an indefinite length");
    return { tag, length: undefined, size: 2 };
  }
  const digits = first & 0x7f;
  if (digits > LONGEST_HEADER - 2) throw new TooLarge("a length has too many bytes");
  if (offset + 2 + digits > bytes.length) return undefined;
  let length = 0;
  for (let index = 0; index < digits; index++) length = length * 256 + (bytes[offset + 2 + index] ?? 0);
  return { tag, length, size: 2 + digits };
}
