import type { Bytes } from "../../base/bytes.js";

/** Values within values that are followed: CMS, certificates and their extensions have fewer than half as many. */
const MOST_DEPTH = 64;

/** Values that one is taken apart into: fewer than any that verifies reads. */
const MOST_ELEMENTS = 10_000;

/** The bit of a tag that says whether values are in it, and the number of one that has more bytes. */
export const CONSTRUCTED = 0x20;
export const HIGH_TAG = 0x1f;

/** What was to be read is not ASN.1, or not of the form that is asked for. */
export class MalformedAsn1 extends Error {}

/** One value of a BER encoding: views of the bytes it was read from, so that it can be kept as it is. */
export interface Element {
  /** The first identifier octet; of tags above 30 it tells the class and the form only. */
  readonly tag: number;
  /** The whole value. */
  readonly bytes: Bytes;
  /** What is between its length and its end, without the end-of-contents octets. */
  readonly content: Bytes;
  readonly isIndefinite: boolean;
}

/**
 * Exactly one value. What is in it is not looked at, except where its length is indefinite.
 *
 * @throws {MalformedAsn1}
 */
export function readElement(bytes: Bytes): Element {
  const element = elementAt(bytes, 0, 0);
  if (element.bytes.length !== bytes.length) throw new MalformedAsn1("something follows it");
  return element;
}

/**
 * The values in a constructed one.
 *
 * @throws {MalformedAsn1}
 */
export function childrenOf({ tag, content }: Element, most: number = MOST_ELEMENTS): Element[] {
  if ((tag & CONSTRUCTED) === 0) throw new MalformedAsn1("it has no elements");
  return elementsIn(content, 0, most);
}

/** The values one after the other, `depth` values deep. */
export function elementsIn(
  content: Bytes,
  depth: number,
  most: number = Number.POSITIVE_INFINITY,
): Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < content.length; ) {
    if (elements.length >= most)
      throw new MalformedAsn1(`a value has more than ${Math.floor(most)} elements`);
    const element = elementAt(content, offset, depth);
    elements.push(element);
    offset += element.bytes.length;
  }
  return elements;
}

function elementAt(bytes: Bytes, offset: number, depth: number): Element {
  if (depth > MOST_DEPTH) throw new MalformedAsn1("it is nested too deeply");
  const tag = byteAt(bytes, offset);
  const lengthAt = offset + identifierLength(bytes, offset);
  const first = byteAt(bytes, lengthAt);
  if (first === 0x80) return indefiniteAt(bytes, offset, lengthAt + 1, depth);
  const digits = first < 0x80 ? 0 : first & 0x7f;
  if (digits > 6) throw new MalformedAsn1("a length is too large");
  let length = digits === 0 ? first : 0;
  for (let index = 1; index <= digits; index++) length = length * 256 + byteAt(bytes, lengthAt + index);
  const start = lengthAt + 1 + digits;
  if (start + length > bytes.length) throw new MalformedAsn1("it ends before its length says");
  const content = bytes.subarray(start, start + length);
  return { tag, bytes: bytes.subarray(offset, start + length), content, isIndefinite: false };
}

/** Up to its end-of-contents octets (X.690, section 8.1.5). */
function indefiniteAt(bytes: Bytes, offset: number, start: number, depth: number): Element {
  const tag = byteAt(bytes, offset);
  if ((tag & CONSTRUCTED) === 0) throw new MalformedAsn1("a primitive value has an indefinite length");
  let end = start;
  while (byteAt(bytes, end) !== 0 || byteAt(bytes, end + 1) !== 0)
    end += elementAt(bytes, end, depth + 1).bytes.length;
  const content = bytes.subarray(start, end);
  return { tag, bytes: bytes.subarray(offset, end + 2), content, isIndefinite: true };
}

/** Bytes of the tag that is there. */
export function identifierLength(bytes: Bytes, offset: number): number {
  if ((byteAt(bytes, offset) & HIGH_TAG) !== HIGH_TAG) return 1;
  let length = 2;
  while (byteAt(bytes, offset + length - 1) >= 0x80) {
    length++;
    if (length > 6) throw new MalformedAsn1("a tag is too large");
  }
  return length;
}

function byteAt(bytes: Bytes, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new MalformedAsn1("it ends too early");
  return byte;
}
