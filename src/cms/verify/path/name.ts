import { Fields } from "../asn1/fields.js";
import { Malformed } from "../asn1/limits.js";
import { hexOf, oidOf } from "../asn1/primitives.js";
import { TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf } from "../asn1/value.js";

/** A distinguished name in a form in which equal names are equal: one text for each relative distinguished name. */
export type Name = readonly string[];

/** A name has no more parts. */
const MOST_PARTS = 64;

const ENCODINGS: ReadonlyMap<number, (content: Buffer) => string> = new Map([
  [0x0c, (content) => content.toString("utf8")], // UTF8String
  [0x12, (content) => content.toString("latin1")], // NumericString
  [0x13, (content) => content.toString("latin1")], // PrintableString
  [0x14, (content) => content.toString("latin1")], // TeletexString, as it is used
  [0x16, (content) => content.toString("latin1")], // IA5String
  [0x1a, (content) => content.toString("latin1")], // VisibleString
  [0x1e, (content) => (content.length % 2 === 0 ? Buffer.from(content).swap16().toString("utf16le") : "")], // BMPString
]);

/**
 * Reads a distinguished name for comparison (RFC 5280, section 7.1): kinds of string, case, and white space that is not
 * between words do not count.
 *
 * @param tag - where it is implicit
 */
export function readName(value: Value, tag: number = TAG.sequence): Name {
  if (value.tag !== tag) throw new Malformed("a distinguished name has another tag");
  return childrenOf(value, MOST_PARTS).map((part) => {
    if (part.tag !== TAG.set) throw new Malformed("a part of a distinguished name is no SET");
    return JSON.stringify(childrenOf(part, MOST_PARTS).map(readAttribute).sort());
  });
}

function readAttribute(value: Value): string {
  const fields = new Fields(value, "AttributeTypeAndValue");
  const type = oidOf(fields.take("type", TAG.oid));
  const text = fields.take("value");
  fields.end();
  const decode = ENCODINGS.get(text.tag);
  const said =
    decode === undefined
      ? `#${hexOf(text.bytes)}`
      : `=${decode(Buffer.from(text.content)).normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ")}`;
  return `${type}${said}`;
}

export function sameName(a: Name, b: Name): boolean {
  return a.length === b.length && isWithin(a, b);
}

/** Whether a name is the base or below it. */
export function isWithin(name: Name, base: Name): boolean {
  return base.length <= name.length && base.every((part, index) => part === name[index]);
}
