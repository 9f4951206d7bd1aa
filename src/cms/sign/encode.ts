import type * as pkijs from "pkijs";
import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { header, TAGS } from "../asn1/der.js";

const SIGNED_DATA = Uint8Array.from(Buffer.from("06092a864886f70d010702", "hex"));

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
  const sequence = header(TAGS.sequence, sum(parts) + gap + after.length);
  const explicit = header(TAGS.context0, sequence.length + sum(parts) + gap + after.length);
  const whole = SIGNED_DATA.length + explicit.length + sequence.length + sum(parts) + gap + after.length;
  return { before: concat(header(TAGS.sequence, whole), SIGNED_DATA, explicit, sequence, ...parts), after };
}

/** A SET OF as well, so DER has them in order (X.690, section 11.6). */
function certificateSet(certificates: readonly Bytes[]): Bytes[] {
  return [header(TAGS.context0, sum(certificates)), ...[...certificates].sort(Buffer.compare)];
}

/** EncapsulatedContentInfo up to where its content begins. */
function openContent(contentType: Bytes, contentBytes: number): Bytes[] {
  const string = header(TAGS.octetString, contentBytes);
  const explicit = header(TAGS.context0, string.length + contentBytes);
  const sequence = header(TAGS.sequence, contentType.length + explicit.length + string.length + contentBytes);
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
