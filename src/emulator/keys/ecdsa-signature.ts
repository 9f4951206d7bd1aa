import type { EcdsaSignatureFormat } from "../../wire/signing.js";
import type { CurveName } from "../catalogue.js";

/** The number of points that the base point makes (SP 800-186, section 3.2.1). */
export const ORDERS: Readonly<Record<CurveName, bigint>> = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384":
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  "P-521":
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

/** The two integers of an ECDSA signature, big-endian. */
export interface Components {
  readonly r: Buffer;
  readonly s: Buffer;
}

/** Reads IEEE P1363. */
export function componentsOf(signature: Buffer): Components {
  const half = signature.length >> 1;
  return { r: signature.subarray(0, half), s: signature.subarray(half) };
}

/** Writes the integers as they are, without looking whether they make a signature. */
export function encodeComponents({ r, s }: Components, format: EcdsaSignatureFormat): Buffer {
  if (format === "Ieee") return Buffer.concat([r, s]);
  const content = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([derHeader(0x30, content.length), content]);
}

/** A number in so many bytes, or in as many as it needs where it needs more. */
export function bigEndian(value: bigint, length: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(Math.max(length * 2, hex.length + (hex.length % 2)), "0"), "hex");
}

/** The number of bytes that an integer begins with and that say nothing. */
export function leadingZeros(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? bytes.length : first;
}

function derInteger(bytes: Buffer): Buffer {
  const minimal = bytes.subarray(Math.min(leadingZeros(bytes), bytes.length - 1));
  const content = (minimal[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), minimal]) : minimal;
  return Buffer.concat([derHeader(0x02, content.length), content]);
}

function derHeader(tag: number, length: number): Buffer {
  return length < 0x80 ? Buffer.of(tag, length) : Buffer.of(tag, 0x81, length);
}
