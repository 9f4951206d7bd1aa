import fc from "fast-check";
import { spoiltBytes } from "./arbitraries.js";

/** A value of a DER encoding that can be changed and written again. */
interface Node {
  tag: number;
  /** Of a primitive value, or what stands before the values in a BIT STRING: its count of unused bits. */
  content: Buffer;
  /** Of a constructed value, and of a string that holds encoded values. */
  children: Node[] | undefined;
  /** Written in place of its length. */
  length: Buffer | undefined;
}

const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const CONSTRUCTED = 0x20;
const MOST_DEPTH = 30;

/** Values of every type, and some that are none. */
const VALUES: readonly Buffer[] = [
  ...["0500", "0101ff", "020100", "0201ff", "02020080", "0209008000000000000000", "030100", "03020780"],
  ...["0400", "2400", "2480040100040101000000", "0600", "06012a", "06028000", "0603808001", "0a0100"],
  ...["0c00", "0c02c328", "1300", "1e0141", "1700", "170d3235303133313234363036305a", "18003000"],
  ...["180f39393939393933313233353935395a", "3000", "3100", "3080020100", "30800000", "a000", "a080", "8000"],
  ...["a100", "a200", "a300", "bf8f7f00", "1fffffffffff7f00", "30030201", "ff00", "00", "0000", ""],
].map((hex) => Buffer.from(hex, "hex"));

const LENGTHS: readonly Buffer[] = [
  "80",
  "00",
  "01",
  "7f",
  "8100",
  "820000",
  "84ffffffff",
  "88ffffffffffffffff",
].map((hex) => Buffer.from(hex, "hex"));

const TAGS: readonly number[] = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x18, 0x1f, 0x24, 0x30, 0x31],
  ...[0x80, 0x81, 0x82, 0x86, 0xa0, 0xa1, 0xa2, 0xa3, 0xbf, 0xff],
];

/** Object identifiers that the readers look for, and some that are not well formed or long. */
const IDENTIFIERS: readonly Buffer[] = [
  ...["2a864886f70d010701", "2a864886f70d010702", "2a864886f70d010904", "2a864886f70d010903"],
  ...["2a864886f70d010906", "2a864886f70d010905", "2a864886f70d010910020e", "2a864886f70d0109100104"],
  ...["2a864886f70d010910022f", "2b060104018237020104", "2b060104018237020401", "2b060104018237030301"],
  ...["608648016503040201", "608648016503040203", "2b0e03021a", "2a864886f70d0205", "2a864886f70d01010b"],
  ...[
    "2a8648ce3d040302",
    "551d0e",
    "551d13",
    "2b0601050507010b",
    "2b060105050730020",
    "80",
    "8001",
    "ff",
    "",
  ],
  "81".repeat(70),
].map((hex) => Buffer.from(hex, "hex"));

/** What is done to an encoding, and where: numbers are taken by the number of places that there are. */
export interface DerEdit {
  readonly what:
    | "tag"
    | "length"
    | "identifier"
    | "drop"
    | "repeat"
    | "many"
    | "swap"
    | "empty"
    | "replace"
    | "copy"
    | "nest"
    | "indefinite"
    | "byte";
  readonly at: number;
  readonly other: number;
}

/** Some edits, of which hardly any leaves the encoding what it was. */
export const derEdits: fc.Arbitrary<DerEdit[]> = fc.array(
  fc.record<DerEdit>({
    what: fc.constantFrom(
      ...(["tag", "length", "identifier", "drop", "drop", "repeat", "many", "swap", "empty"] as const),
      ...(["replace", "replace", "copy", "copy", "nest", "indefinite", "byte", "byte"] as const),
    ),
    at: fc.nat(),
    other: fc.nat(),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Encodings whose structure was changed, with every value in them, those in strings too, or their bytes. */
export function spoiltDer(originals: readonly Uint8Array[]): fc.Arbitrary<Buffer<ArrayBuffer>> {
  const structure = fc
    .tuple(fc.constantFrom(...originals), derEdits)
    .map(([original, edits]) => edited(original, edits));
  return fc.oneof({ weight: 4, arbitrary: structure }, { weight: 1, arbitrary: spoiltBytes(originals) });
}

/** An encoding with edits. */
export function edited(original: Uint8Array, edits: readonly DerEdit[]): Buffer<ArrayBuffer> {
  const roots = nodesIn(Buffer.from(original), 0) ?? [raw(Buffer.from(original))];
  // What is many times many is only slow.
  const [many] = edits.filter(({ what }) => what === "many");
  for (const edit of edits) if (edit.what !== "many" || edit === many) apply(roots, edit);
  return Buffer.concat(roots.map(encoded));
}

function nodesIn(bytes: Buffer, depth: number): Node[] | undefined {
  const nodes: Node[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const [tag = 0, first = 0x80] = bytes.subarray(offset, offset + 2);
    const digits = first < 0x80 ? 0 : first & 0x7f;
    if ((tag & 0x1f) === 0x1f || first === 0x80 || digits > 4 || offset + 2 + digits > bytes.length)
      return undefined;
    const length = digits === 0 ? first : bytes.readUIntBE(offset + 2, digits);
    const start = offset + 2 + digits;
    if (start + length > bytes.length) return undefined;
    nodes.push(nodeOf(tag, bytes.subarray(start, start + length), depth));
    offset = start + length;
  }
  return nodes;
}

function nodeOf(tag: number, content: Buffer, depth: number): Node {
  const before = tag === BIT_STRING ? 1 : 0;
  const mayHold = (tag & CONSTRUCTED) !== 0 || tag === OCTET_STRING || tag === BIT_STRING;
  const children =
    mayHold && depth < MOST_DEPTH && content.length > before
      ? nodesIn(content.subarray(before), depth + 1)
      : undefined;
  const own = children === undefined ? content : content.subarray(0, before);
  return { tag, content: own, children, length: undefined };
}

function encoded({ tag, content, children = [], length }: Node): Buffer {
  const inside = Buffer.concat([content, ...children.map(encoded)]);
  return Buffer.concat([Buffer.of(tag), length ?? lengthOf(inside.length), inside]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const digits = Buffer.alloc(4);
  digits.writeUInt32BE(length);
  const significant = digits.subarray(digits.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(0x80 | significant.length), significant]);
}

/** Every list of values, the outermost first. */
function listsIn(list: Node[]): Node[][] {
  return [list, ...list.flatMap(({ children }) => (children === undefined ? [] : listsIn(children)))];
}

function raw(bytes: Buffer): Node {
  const [tag = 0x05] = bytes;
  return { tag, content: bytes.subarray(1), children: undefined, length: Buffer.of() };
}

function apply(roots: Node[], { what, at, other }: DerEdit): void {
  const places = listsIn(roots).flatMap((list) => list.map((node) => ({ list, node })));
  const place = places[at % places.length];
  if (place === undefined) return;
  const { list, node } = place;
  const index = list.indexOf(node);
  const pick = <T>(values: readonly T[]): T | undefined => values[other % values.length];
  if (what === "tag") node.tag = pick(TAGS) ?? 0;
  else if (what === "length") node.length = pick(LENGTHS);
  else if (what === "drop") list.splice(index, 1);
  else if (what === "repeat") list.splice(index, 0, node);
  else if (what === "many") list.splice(index, 0, ...Array.from({ length: 2 ** (other % 9) }, () => node));
  else if (what === "swap") list.splice(other % list.length, 0, ...list.splice(index, 1));
  else if (what === "replace") list[index] = raw(pick(VALUES) ?? Buffer.of());
  else if (what === "copy") list[index] = structuredCopy(pick(places)?.node ?? node);
  else if (what === "nest") list[index] = nested(node, other % 80);
  else if (what === "indefinite") {
    node.length = Buffer.of(0x80);
    node.children?.push(raw(Buffer.alloc(2)));
  } else if (what === "empty") {
    node.children = undefined;
    node.content = Buffer.of();
  } else if (what === "identifier") {
    const found = places.filter((each) => each.node.tag === OBJECT_IDENTIFIER);
    const chosen = found[at % Math.max(found.length, 1)];
    if (chosen !== undefined) chosen.node.content = pick(IDENTIFIERS) ?? Buffer.of();
  } else if (node.content.length > 0) {
    node.content = Buffer.from(node.content);
    node.content[at % node.content.length] = other % 256;
  }
}

/** Another node with the same in it, so that no node is within itself. */
function structuredCopy(node: Node): Node {
  return raw(encoded(node));
}

function nested(node: Node, depth: number): Node {
  let inner = node;
  for (let level = 0; level < depth; level++)
    inner = { tag: 0x30, content: Buffer.of(), children: [inner], length: undefined };
  return inner;
}
