import type { Bytes } from "../base/bytes.js";
import { exactCopy } from "../base/bytes.js";

/** Base64url without padding (RFC 7515, section 2), as JOSE and its relatives have it. */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/**
 * What Base64url without padding stands for, strictly: no other alphabet, no padding, no white space, no bits that are left
 * over. `undefined` for anything else.
 */
export function decodeBase64url(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, "base64url");
  // Node skips what does not belong there: only what is written the same way again was written that way.
  return bytes.toString("base64url") === text ? exactCopy(bytes) : undefined;
}
