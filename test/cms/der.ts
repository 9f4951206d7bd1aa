/** One value of a DER encoding, read by rules of its own: not by the libraries that wrote it. */
export interface Der {
  /** Identifier octet; all tags here are below 31. */
  readonly tag: number;
  /** The whole value, with identifier and length. */
  readonly bytes: Buffer;
  readonly content: Buffer;
  /** Of a constructed value. */
  readonly children: readonly Der[];
}

const CONSTRUCTED = 0x20;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const OBJECT_IDENTIFIER = 0x06;
const SET = 0x31;

/**
 * Reads exactly one value and everything in it, and refuses what is BER but not DER (X.690, sections 10 and 11): lengths
 * that are indefinite or too long, constructed strings, integers with superfluous bytes, SETs out of order.
 *
 * @throws {Error} saying what is wrong
 */
export function readDer(bytes: Uint8Array): Der {
  const [value, ...more] = readAll(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (value === undefined || more.length > 0) throw new Error("not exactly one value");
  return value;
}

/** The values in a row. */
function readAll(bytes: Buffer): Der[] {
  const values: Der[] = [];
  for (let offset = 0; offset < bytes.length; offset += values.at(-1)?.bytes.length ?? 1)
    values.push(readAt(bytes, offset));
  return values;
}

function readAt(bytes: Buffer, offset: number): Der {
  const tag = bytes.readUInt8(offset);
  if ((tag & 0x1f) === 0x1f) throw new Error("a tag of more than one byte");
  const { length, start } = readLength(bytes, offset + 1);
  const content = bytes.subarray(start, start + length);
  if (content.length !== length) throw new Error("a value reaches beyond its end");
  const children = (tag & CONSTRUCTED) === 0 ? [] : readAll(content);
  const value = { tag, bytes: bytes.subarray(offset, start + length), content, children };
  requireDer(value);
  return value;
}

function readLength(bytes: Buffer, offset: number): { length: number; start: number } {
  const first = bytes.readUInt8(offset);
  if (first < 0x80) return { length: first, start: offset + 1 };
  const digits = first & 0x7f;
  if (digits === 0) throw new Error("an indefinite length");
  const length = bytes.readUIntBE(offset + 1, digits);
  if (length < 0x80 || length < 256 ** (digits - 1)) throw new Error("a length with too many bytes");
  return { length, start: offset + 1 + digits };
}

function requireDer({ tag, content, children }: Der): void {
  const isUniversal = tag < 0x40;
  if (isUniversal && (tag & CONSTRUCTED) !== 0 && ![0x30, SET].includes(tag))
    throw new Error("a constructed string");
  if (tag === BOOLEAN && ![0, 0xff].includes(content.readUInt8(0)))
    throw new Error("a BOOLEAN that is not DER");
  if (tag === INTEGER && content.length > 1) {
    const nine = content.readUInt16BE(0) >> 7;
    if (nine === 0 || nine === 0x1ff) throw new Error("an INTEGER with a superfluous byte");
  }
  if (tag === SET) requireOrder(children);
}

/** Values of a SET OF are in ascending order of their encodings; every SET in CMS and X.509 is a SET OF. */
export function requireOrder(values: readonly Der[]): void {
  values.forEach((value, index) => {
    const next = values[index + 1];
    if (next !== undefined && Buffer.compare(value.bytes, next.bytes) > 0)
      throw new Error("a SET out of order");
  });
}

/** The child at an index. */
export function child(value: Der, ...path: readonly number[]): Der {
  return path.reduce((parent, index) => {
    const found = parent.children[index];
    if (found === undefined) throw new Error(`there is no child ${index} of ${parent.children.length}`);
    return found;
  }, value);
}

/** An OBJECT IDENTIFIER in dotted form. */
export function oidOf({ tag, content }: Der): string {
  if (tag !== OBJECT_IDENTIFIER) throw new Error(`tag ${tag} is no OBJECT IDENTIFIER`);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join(".");
}
