import { concatAll } from "../../../base/bytes.js";
import { header } from "../../asn1/der.js";
import { readHeader } from "./header.js";
import { LIMITS, Malformed, TooLarge } from "./limits.js";
import { CONSTRUCTED, TAG } from "./tags.js";

/** A value of definite length, and where it ended in what was read. */
export interface Definite {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/**
 * A value of indefinite length (X.690, section 8.1.3.6) with every length in it made definite and every constructed OCTET
 * STRING primitive, as DER has them: that is what certificates and attributes are signed as.
 *
 * @throws {Malformed}
 */
export function toDefinite(bytes: Uint8Array, offset: number): Definite {
  return new Transcoder(bytes).read(offset, 0);
}

class Transcoder {
  readonly #bytes: Uint8Array;
  #elements = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(offset: number, depth: number): Definite {
    const found = readHeader(this.#bytes, offset);
    if (found === undefined) throw new Malformed("a value is cut off");
    this.#elements += 1;
    if (this.#elements > LIMITS.elements)
      throw new TooLarge("there are too many values of indefinite length");
    if (depth > LIMITS.depth) throw new TooLarge("values are nested too deeply");
    const { tag, length, size } = found;
    const start = offset + size;
    const end = length === undefined ? undefined : start + length;
    if (end !== undefined && end > this.#bytes.length) throw new Malformed("a value reaches beyond its end");
    if ((tag & CONSTRUCTED) === 0 && end !== undefined)
      return { bytes: this.#bytes.subarray(offset, end), end };
    const { parts, next } = this.#inner(start, end, depth);
    return { bytes: assemble(tag, parts), end: next };
  }

  /** The values inside, up to a known end or to the end-of-contents octets. */
  #inner(
    start: number,
    end: number | undefined,
    depth: number,
  ): { readonly parts: Uint8Array[]; readonly next: number } {
    const parts: Uint8Array[] = [];
    let offset = start;
    for (;;) {
      if (end !== undefined && offset >= end) {
        if (offset > end) throw new Malformed("a value reaches beyond its end");
        return { parts, next: offset };
      }
      if (end === undefined && this.#bytes[offset] === 0) {
        if (this.#bytes[offset + 1] !== 0) throw new Malformed("end-of-contents octets are not two zeros");
        return { parts, next: offset + 2 };
      }
      const inner = this.read(offset, depth + 1);
      parts.push(inner.bytes);
      offset = inner.end;
    }
  }
}

function assemble(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  if (tag !== TAG.constructedOctetString) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    return concatAll([header(tag, length), ...parts]);
  }
  const pieces = parts.map((part) => {
    const found = readHeader(part, 0);
    if (found?.tag !== TAG.octetString) throw new Malformed("an OCTET STRING has other pieces than its like");
    return part.subarray(found.size);
  });
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return concatAll([header(TAG.octetString, length), ...pieces]);
}
