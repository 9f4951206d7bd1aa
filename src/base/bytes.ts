import { types } from "node:util";

/** Bytes in a buffer that is neither shared nor resizable. */
export type Bytes = Uint8Array<ArrayBuffer>;

const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * Standard, padded Base64 (RFC 4648, section 4), strictly: no white space, no URL alphabet, no missing
 * padding. `undefined` for anything else.
 */
export function decodeBase64(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, "base64");
  // Node is lenient. What comes out again as it went in is standard; to look at each character takes several times as long.
  if (bytes.toString("base64") !== text && !isBase64(text)) return undefined;
  return exactCopy(bytes);
}

/** Also of a last character that has bits to spare and uses them. */
function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return !NOT_BASE64.test(text.slice(0, text.length - padding));
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
