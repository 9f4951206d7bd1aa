import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { TAGS } from "../asn1/der.js";
import type { Element } from "../asn1/element.js";
import { childrenOf, MalformedAsn1 } from "../asn1/element.js";

/** A constructed OCTET STRING, which BER may have in place of a primitive one (X.690, section 8.7.3). */
const PIECES = 0x24;
const MOST_DEPTH = 8;

/** Whether a value is an OCTET STRING, in one piece or in several. */
export function isOctets({ tag }: Element): boolean {
  return tag === TAGS.octetString || tag === PIECES;
}

/**
 * The bytes of an OCTET STRING.
 *
 * @throws {MalformedAsn1}
 */
export function octetsOf(string: Element, depth: number = 0): Bytes {
  if (string.tag === TAGS.octetString) return string.content;
  if (string.tag !== PIECES || depth > MOST_DEPTH)
    throw new MalformedAsn1("a value is no OCTET STRING, or one of too many pieces");
  return concat(...childrenOf(string).map((piece) => octetsOf(piece, depth + 1)));
}
