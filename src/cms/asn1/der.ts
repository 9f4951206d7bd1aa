import type { Bytes } from "../../base/bytes.js";
import { concatAll, equal } from "../../base/bytes.js";

/** Identifier octets (X.690, section 8.1.2). */
export const TAGS = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]` and `[1]`, constructed. */
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
  context3: 0xa3,
  /** `[0]`, primitive. */
  primitive0: 0x80,
} as const;

/** Identifier and length of a DER value (X.690, sections 8.1 and 10.1), for contents of up to 2^48 bytes. */
export function header(tag: number, length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | digits.length, ...digits);
}

/** A DER value of these contents. */
export function encode(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  return encodeAll(tag, contents);
}

/** The same of a list from outside: a call can have too many arguments. */
export function encodeAll(tag: number, contents: readonly Uint8Array[]): Bytes {
  const length = contents.reduce((sum, part) => sum + part.byteLength, 0);
  return concatAll([header(tag, length), ...contents]);
}

/** Elements in the order that DER asks for in a SET OF (X.690, section 11.6), one that is there twice once. */
export function inOrder(elements: readonly Bytes[]): Bytes[] {
  const sorted = [...elements].sort(Buffer.compare);
  return sorted.filter((element, index) => {
    const before = sorted[index - 1];
    return before === undefined || !equal(before, element);
  });
}
