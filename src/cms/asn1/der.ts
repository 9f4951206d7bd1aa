import type { Bytes } from "../../base/bytes.js";

/** Identifier octets (X.690, section 8.1.2). */
export const TAGS = {
  octetString: 0x04,
  sequence: 0x30,
  set: 0x31,
  /** `[0]` and `[1]`, constructed. */
  context0: 0xa0,
  context1: 0xa1,
} as const;

/** Identifier and length of a DER value (X.690, sections 8.1 and 10.1), for contents of up to 2^48 bytes. */
export function header(tag: number, length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | digits.length, ...digits);
}
