import type * as pkijs from "pkijs";
import type { Bytes } from "../base/bytes.js";
import { concat } from "../base/bytes.js";

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
/** `[0]`, constructed: explicit around the content, implicit for the certificates. */
const CONTEXT_0 = 0xa0;

const SIGNED_DATA = Uint8Array.from(Buffer.from("06092a864886f70d010702", "hex"));

/** Identifier and length of a DER value (X.690, sections 8.1 and 10.1), for contents of up to 2^48 bytes. */
function header(tag: number, length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | digits.length, ...digits);
}

/** A SignedData around its content: what comes before it and what after it. */
export interface Envelope {
  readonly before: Bytes;
  readonly after: Bytes;
}

/**
 * ContentInfo with SignedData as DER, with a gap for the content, so that content of any size can be written between the
 * two parts without being held in memory.
 *
 * @param signedData - detached, without certificates
 * @param certificates - DER, which goes in as it is: encoded anew, one that is not quite DER would lose its signature
 * @param contentBytes - length of the content; `undefined` leaves it detached, and the gap closed
 */
export function encodeAround(
  signedData: pkijs.SignedData,
  certificates: readonly Bytes[],
  contentBytes: number | undefined,
): Envelope {
  const [version, digestAlgorithms, encapContentInfo, ...rest] = childrenOf(signedData.toSchema());
  const [contentType] = childrenOf(signedData.encapContentInfo.toSchema());
  if (
    version === undefined ||
    digestAlgorithms === undefined ||
    encapContentInfo === undefined ||
    contentType === undefined
  ) {
    throw new TypeError("the SignedData is incomplete");
  }
  const after = concat(...certificateSet(certificates), ...rest);
  const gap = contentBytes ?? 0;
  const encap = contentBytes === undefined ? [encapContentInfo] : openContent(contentType, contentBytes);
  const parts = [version, digestAlgorithms, ...encap];
  const sequence = header(SEQUENCE, sum(parts) + gap + after.length);
  const explicit = header(CONTEXT_0, sequence.length + sum(parts) + gap + after.length);
  const whole = SIGNED_DATA.length + explicit.length + sequence.length + sum(parts) + gap + after.length;
  return { before: concat(header(SEQUENCE, whole), SIGNED_DATA, explicit, sequence, ...parts), after };
}

/** A SET OF as well, so DER has them in order (X.690, section 11.6). */
function certificateSet(certificates: readonly Bytes[]): Bytes[] {
  return [header(CONTEXT_0, sum(certificates)), ...[...certificates].sort(Buffer.compare)];
}

/** EncapsulatedContentInfo up to where its content begins. */
function openContent(contentType: Bytes, contentBytes: number): Bytes[] {
  const string = header(OCTET_STRING, contentBytes);
  const explicit = header(CONTEXT_0, string.length + contentBytes);
  const sequence = header(SEQUENCE, contentType.length + explicit.length + string.length + contentBytes);
  return [sequence, contentType, explicit, string];
}

function childrenOf(sequence: {
  readonly valueBlock: { readonly value: readonly { toBER(): ArrayBuffer }[] };
}): Bytes[] {
  return sequence.valueBlock.value.map((child) => new Uint8Array(child.toBER()));
}

function sum(parts: readonly Uint8Array[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}
