import { Malformed } from "./limits.js";
import { TAG } from "./tags.js";
import type { Value } from "./value.js";

function contentOf(value: Value, tag: number, name: string): Uint8Array {
  if (value.tag !== tag) throw new Malformed(`what should be ${name} has another tag`);
  return value.content;
}

/** The longest object identifier, in bytes. */
const LONGEST_OID = 64;

/** An OBJECT IDENTIFIER in dotted form (X.690, section 8.19). */
export function oidOf(value: Value): string {
  const content = contentOf(value, TAG.oid, "an OBJECT IDENTIFIER");
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > LONGEST_OID)
    throw new Malformed("an OBJECT IDENTIFIER is incomplete or too long");
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    if (arc === 0n && byte === 0x80) throw new Malformed("an OBJECT IDENTIFIER has a superfluous byte");
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...rest] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - 40n * root, ...rest].join(".");
}

/** An INTEGER of any size in hexadecimal: its two's complement, so that a negative one is not taken for another. */
export function serialOf(value: Value): string {
  const content = contentOf(value, TAG.integer, "an INTEGER");
  if (content.length === 0) throw new Malformed("an INTEGER is empty");
  return hexOf(content).replace(/^(?:00)+(?=[0-7].)/, "");
}

/** A serial number as people write it: without the zeros that say that it is not negative. */
export function serialText(serial: string): string {
  return serial.replace(/^00(?=..)/, "");
}

/** An INTEGER or ENUMERATED that is a small number, not negative. */
export function smallIntegerOf(value: Value, tag: number = TAG.integer): number {
  const content = contentOf(value, tag, "an INTEGER");
  const [first] = content;
  if (first === undefined || first >= 0x80 || content.length > 6)
    throw new Malformed("an INTEGER is out of range");
  return content.reduce((number, byte) => number * 256 + byte, 0);
}

/** A BOOLEAN. */
export function booleanOf(value: Value): boolean {
  const content = contentOf(value, TAG.boolean, "a BOOLEAN");
  if (content.length !== 1) throw new Malformed("a BOOLEAN is not one byte long");
  return content[0] !== 0;
}

/** The bytes of a primitive OCTET STRING, without a copy. */
export function octetsOf(value: Value): Uint8Array {
  return contentOf(value, TAG.octetString, "an OCTET STRING");
}

/** The bytes of a BIT STRING of whole bytes. */
export function wholeBitsOf(value: Value): Uint8Array {
  const content = contentOf(value, TAG.bitString, "a BIT STRING");
  if (content[0] !== 0) throw new Malformed("a BIT STRING has unused bits");
  return content.subarray(1);
}

/** Numbers of the bits that are set in a BIT STRING of names; the first bit is 0. */
export function namedBitsOf(content: Uint8Array): ReadonlySet<number> {
  const unused = content[0];
  if (unused === undefined || unused > 7 || content.length > 5)
    throw new Malformed("a BIT STRING is out of range");
  const set = new Set<number>();
  for (let bit = 0; bit < (content.length - 1) * 8 - unused; bit++) {
    if (((content[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1) set.add(bit);
  }
  return set;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/;

/**
 * UTCTime or GeneralizedTime with seconds, in UTC (RFC 5280, section 4.1.2.5; RFC 3161, section 2.4.2, has fractions of a
 * second as well).
 */
export function timeOf({ tag, content }: Value): Date {
  const pattern = tag === TAG.utcTime ? UTC_TIME : tag === TAG.generalizedTime ? GENERALIZED_TIME : undefined;
  const match = pattern?.exec(Buffer.from(content.subarray(0, 40)).toString("latin1"));
  if (!match) throw new Malformed("a time is written in another way than it may be");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const whole = tag === TAG.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const time = new Date(0);
  time.setUTCFullYear(whole, month - 1, day);
  time.setUTCHours(hour, minute, second, Math.floor(Number(match[7] ?? 0) * 1000));
  const isSame = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && time.getUTCHours() === hour;
  if (!isSame || minute > 59 || second > 59) throw new Malformed("a time is none");
  return time;
}

/** Bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
