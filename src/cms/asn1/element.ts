import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { header } from "./der.js";

/** Values within values that are followed: CMS, certificates and their extensions have fewer than half as many. */
const MOST_DEPTH = 64;

const CONSTRUCTED = 0x20;
const HIGH_TAG = 0x1f;
/** The universal types that DER has constructed: SEQUENCE, SET, EXTERNAL and EMBEDDED PDV (X.690, sections 8 and 10.2). */
const CONSTRUCTED_TYPES: ReadonlySet<number> = new Set([0x28, 0x2b, 0x30, 0x31]);
/** BOOLEAN, INTEGER, OBJECT IDENTIFIER and ENUMERATED have at least one byte, NULL none. */
const EMPTY_TAG = 0x05;
const FILLED_TAGS: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x06, 0x0a]);

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
export function childrenOf({ tag, content }: Element): Element[] {
  if ((tag & CONSTRUCTED) === 0) throw new MalformedAsn1("it has no elements");
  return elementsIn(content, 0);
}

function elementsIn(content: Bytes, depth: number): Element[] {
  const elements: Element[] = [];
  for (let offset = 0; offset < content.length; ) {
    const element = elementAt(content, offset, depth);
    elements.push(element);
    offset += element.bytes.length;
  }
  return elements;
}

/**
 * Checks that a value and all in it are DER, as far as that can be told without its type: lengths definite and short,
 * strings primitive, numbers without superfluous bytes.
 *
 * @throws {MalformedAsn1}
 */
export function requireDer(bytes: Bytes): void {
  requireDerOf(readElement(bytes), 0);
}

function requireDerOf(element: Element, depth: number): void {
  const { tag, bytes, content, isIndefinite } = element;
  if (isIndefinite) throw new MalformedAsn1("a length is indefinite");
  const lengthOctets = bytes.subarray(identifierLength(bytes, 0), bytes.length - content.length);
  if (!equal(lengthOctets, header(tag, content.length).subarray(1)))
    throw new MalformedAsn1("a length has superfluous bytes");
  const isUniversal = tag < 0x40 && (tag & HIGH_TAG) !== HIGH_TAG;
  if (isUniversal) requireDerValue(element);
  if ((tag & CONSTRUCTED) === 0) return;
  for (const child of elementsIn(content, depth + 1)) requireDerOf(child, depth + 1);
}

function requireDerValue({ tag, content }: Element): void {
  const isConstructed = (tag & CONSTRUCTED) !== 0;
  if (isConstructed !== CONSTRUCTED_TYPES.has(tag | CONSTRUCTED) || tag === 0)
    throw new MalformedAsn1("a value is constructed that is primitive in DER, or the other way round");
  const [first = 0, second = 0] = content;
  const isEmpty = content.length === 0;
  if ((FILLED_TAGS.has(tag) && isEmpty) || (tag === EMPTY_TAG && !isEmpty))
    throw new MalformedAsn1("a value has no room for its type");
  if (tag === 0x01 && (content.length !== 1 || (first !== 0 && first !== 0xff)))
    throw new MalformedAsn1("a BOOLEAN is neither 0 nor 255");
  const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
  if ((tag === 0x02 || tag === 0x0a) && content.length > 1 && isPadded)
    throw new MalformedAsn1("an INTEGER has superfluous bytes");
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

function identifierLength(bytes: Bytes, offset: number): number {
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
