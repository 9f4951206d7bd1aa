import { isUtf8 } from "node:buffer";
import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { header, TAGS } from "./der.js";
import type { Element } from "./element.js";
import {
  CONSTRUCTED,
  elementsIn,
  HIGH_TAG,
  identifierLength,
  MalformedAsn1,
  readElement,
} from "./element.js";

/** The universal types that DER has constructed: SEQUENCE, SET, EXTERNAL and EMBEDDED PDV (X.690, sections 8 and 10.2). */
const CONSTRUCTED_TYPES: ReadonlySet<number> = new Set([0x28, 0x2b, 0x30, 0x31]);
/** BOOLEAN, INTEGER, OBJECT IDENTIFIER and ENUMERATED have at least one byte, NULL none. */
const EMPTY_TAG = 0x05;
const FILLED_TAGS: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x06, 0x0a]);

/** X.690, sections 11.7 and 11.8. */
const UTC_TIME = /^\d{12}Z$/;
const GENERALIZED_TIME = /^\d{14}(?:\.\d*[1-9])?Z$/;

/** What is wrong with the contents of a universal type, by its tag. */
const DEFECTS: ReadonlyMap<number, (content: Bytes) => string | undefined> = new Map([
  [TAGS.bitString, bitStringDefect],
  [TAGS.objectIdentifier, identifierDefect],
  [TAGS.utf8String, textDefect],
  [TAGS.utcTime, timeDefect(UTC_TIME)],
  [TAGS.generalizedTime, timeDefect(GENERALIZED_TIME)],
]);

/**
 * Checks that a value and all in it are DER, as far as that can be told without its type: lengths definite and short,
 * strings primitive, numbers without superfluous bytes, sets in order, texts and times well formed.
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
  if ((tag & HIGH_TAG) === HIGH_TAG) requireShortTag(bytes);
  if ((tag & CONSTRUCTED) === 0) return;
  const children = elementsIn(content, depth + 1);
  if (tag === TAGS.set) requireOrder(children);
  for (const child of children) requireDerOf(child, depth + 1);
}

/** A tag has more than one byte from 31 on (X.690, section 8.1.2.4), and no superfluous ones. */
function requireShortTag(bytes: Bytes): void {
  const [, first = 0] = bytes;
  if (first === 0x80 || first < HIGH_TAG) throw new MalformedAsn1("a tag has superfluous bytes");
}

/** That of a SET OF (X.690, section 11.6); values of different types may be a SET, whose order is another one. */
function requireOrder(children: readonly Element[]): void {
  const isSetOf = children.every(({ tag }) => tag === children[0]?.tag);
  const isOrdered = children.every(
    ({ bytes }, index) => Buffer.compare(children[index - 1]?.bytes ?? bytes, bytes) <= 0,
  );
  if (isSetOf && !isOrdered) throw new MalformedAsn1("the values of a SET are not in order");
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
  const defect = DEFECTS.get(tag)?.(content);
  if (defect !== undefined) throw new MalformedAsn1(defect);
}

/** Bits that are not used are none of the last byte's but seven at most, and are zero (X.690, section 11.2.1). */
function bitStringDefect(content: Bytes): string | undefined {
  const [unused = 0] = content;
  const last = content.length > 1 ? (content.at(-1) ?? 0) : 0xff;
  const isGood = unused <= 7 && (last & (2 ** unused - 1)) === 0;
  return isGood ? undefined : "a BIT STRING has bits that are not used and not zero";
}

/** Each number ends, and begins with no zero (X.690, section 8.19.2). */
function identifierDefect(content: Bytes): string | undefined {
  const isPadded = content.some((byte, at) => byte === 0x80 && (content[at - 1] ?? 0) < 0x80);
  const isOpen = (content.at(-1) ?? 0x80) >= 0x80;
  return isPadded || isOpen ? "an OBJECT IDENTIFIER has a number that is not well formed" : undefined;
}

function textDefect(content: Bytes): string | undefined {
  return isUtf8(content) ? undefined : "a UTF8String is not UTF-8";
}

function timeDefect(form: RegExp): (content: Bytes) => string | undefined {
  return (content) =>
    form.test(Buffer.from(content).toString("latin1")) ? undefined : "a time is not written as in DER";
}
