import type { Bytes } from "../../base/bytes.js";
import { encode, TAGS } from "./der.js";

/** `ECDSA-Sig-Value` (RFC 3279, section 2.2.3) of a signature as r‖s. */
export function ecdsaSignatureValue(fixed: Bytes): Bytes {
  const half = fixed.length / 2;
  return encode(TAGS.sequence, unsigned(fixed.subarray(0, half)), unsigned(fixed.subarray(half)));
}

function unsigned(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : [];
  return encode(TAGS.integer, ...sign, digits);
}
