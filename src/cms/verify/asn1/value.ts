import { toDefinite } from "./definite.js";
import { readHeader } from "./header.js";
import { LIMITS, Malformed, TooLarge } from "./limits.js";
import { CONSTRUCTED } from "./tags.js";

/** One value; what is inside is read when it is asked for, so that a large CRL costs no more than its bytes. */
export interface Value {
  /** Identifier octet. */
  readonly tag: number;
  /** The whole value, of definite length. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

interface Found {
  readonly value: Value;
  readonly end: number;
}

/**
 * The one value that the bytes hold.
 *
 * @throws {Malformed} also where there is something behind it
 */
export function readValue(bytes: Uint8Array): Value {
  const { value, end } = readAt(bytes, 0);
  if (end !== bytes.length) throw new Malformed("a value is followed by something else");
  return value;
}

function readAt(bytes: Uint8Array, offset: number): Found {
  const header = readHeader(bytes, offset);
  if (header === undefined) throw new Malformed("a value is cut off");
  const { tag, length, size } = header;
  if (length === undefined) {
    const definite = toDefinite(bytes, offset);
    return { value: readAt(definite.bytes, 0).value, end: definite.end };
  }
  const end = offset + size + length;
  if (end > bytes.length) throw new Malformed("a value reaches beyond its end");
  return {
    value: { tag, bytes: bytes.subarray(offset, end), content: bytes.subarray(offset + size, end) },
    end,
  };
}

/** The values inside a constructed one, one after the other. */
export function* eachChild(parent: Value): Generator<Value, void, void> {
  if ((parent.tag & CONSTRUCTED) === 0) throw new Malformed("a value that others should be in is primitive");
  for (let offset = 0; offset < parent.content.length; ) {
    const { value, end } = readAt(parent.content, offset);
    yield value;
    offset = end;
  }
}

/** All values inside a constructed one. */
export function childrenOf(parent: Value, most: number = LIMITS.elements): Value[] {
  const children: Value[] = [];
  for (const child of eachChild(parent)) {
    if (children.length >= most) throw new TooLarge(`there are more than ${most} values in one`);
    children.push(child);
  }
  return children;
}
