import { types } from "node:util";

/** Bytes in a buffer that is neither shared nor resizable. */
export type Bytes = Uint8Array<ArrayBuffer>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Standard, padded Base64 (RFC 4648, section 4), strictly: no white space, no URL alphabet, no missing
 * padding. `undefined` for anything else.
 */
export function decodeBase64(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, "base64");
  // Node is lenient. What comes out again as it went in is standard; the pattern takes several times as long.
  if (bytes.toString("base64") !== text && !BASE64.test(text)) return undefined;
  return exactCopy(bytes);
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
  return ArrayBuffer.isView(value) || types.isArrayBuffer(value);
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
