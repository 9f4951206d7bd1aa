import { types } from "node:util";

/** Bytes in a buffer that is neither shared nor resizable. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Standard, padded Base64 (RFC 4648, section 4), strictly: no white space, no URL alphabet, no missing
 * padding. `undefined` for anything else.
 */
export function decodeBase64(text: string): Bytes | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const length = (text.length / 4) * 3 - padding;
  if (text.length % 4 !== 0 || length < 0) return undefined;
  const bytes = new Uint8Array(length);
  // Node skips what is no Base64, so that less comes out, but it takes the URL alphabet as well, and of a character
  // beyond Latin-1 its low byte.
  const written = Buffer.from(bytes.buffer).write(text, "base64");
  const isAscii = Buffer.byteLength(text) === text.length;
  return written === length && isAscii && !text.includes("-") && !text.includes("_") ? bytes : undefined;
}

/** Standard, padded Base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** A fresh copy whose buffer is exactly as long as its content. */
export function exactCopy(bytes: Uint8Array): Bytes {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

/** Whether a value is a `BufferSource`, also one of another realm: test runners give each file a realm of its own. */
export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return types.isArrayBuffer(ArrayBuffer.isView(value) ? value.buffer : value);
}

/** The bytes that a `BufferSource` covers, without a copy. */
export function viewOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

/** The pieces, one after the other, in a buffer of their own. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  return concatAll(parts);
}

/** The same of a list from outside: a call can have too many arguments. */
export function concatAll(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** Whether both hold the same bytes. Not for secrets: it stops at the first difference. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
