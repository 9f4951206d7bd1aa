import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { encode, encodeAll, header, inOrder, TAGS } from "../asn1/der.js";
import { objectIdentifier } from "../asn1/object-identifier.js";
import { CONTENT_TYPES } from "../asn1/oids.js";
import type { SignedDataParts } from "./signed-data.js";

/** A SignedData around its content: what comes before it and what after it. */
export interface Envelope {
  readonly before: Bytes;
  readonly after: Bytes;
}

/** What is left open for content: an OCTET STRING, or as much for a value that is one of its own (RFC 2315, section 7). */
export interface Gap {
  readonly bytes: number;
  readonly isOctetString: boolean;
}

/** A tag with an indefinite length, and what ends it (X.690, section 8.1.3.6). */
const open = (tag: number): Bytes => Uint8Array.of(tag, 0x80);
const CLOSED = [0, 0];

const CONSTRUCTED_OCTET_STRING = 0x24;

/**
 * ContentInfo with SignedData as DER, with a gap for the content, so that content of any size can be written between the
 * two parts without being held in memory.
 *
 * @param gap - `undefined` leaves the content detached
 */
export function encodeAround(parts: SignedDataParts, gap: Gap | undefined): Envelope {
  const contentType = objectIdentifier(parts.contentType);
  const encap = gap === undefined ? [encode(TAGS.sequence, contentType)] : openContent(contentType, gap);
  return wrap([...head(parts), ...encap], tail(parts), gap?.bytes ?? 0);
}

/** The same as it is, around an EncapsulatedContentInfo that is there already. */
export function encodeWith(parts: SignedDataParts, encapContentInfo: Bytes): Bytes {
  const { before, after } = wrap([...head(parts), encapContentInfo], tail(parts), 0);
  return concat(before, after);
}

function wrap(head: readonly Bytes[], after: Bytes, gap: number): Envelope {
  const inside = sum(head) + gap + after.length;
  const signedData = objectIdentifier(CONTENT_TYPES.signedData);
  const sequence = header(TAGS.sequence, inside);
  const explicit = header(TAGS.context0, sequence.length + inside);
  const whole = header(TAGS.sequence, signedData.length + explicit.length + sequence.length + inside);
  return { before: concat(whole, signedData, explicit, sequence, ...head), after };
}

/**
 * The same as BER with indefinite lengths, around an OCTET STRING of {@link octetStringHeader} and bytes, as often as there
 * are any.
 *
 * @param parts - those that come after the content may still be missing for `before`, and are for `after`
 */
export function openIndefinite(
  parts: Pick<SignedDataParts, "version" | "digestAlgorithms" | "contentType">,
): Bytes {
  return concat(
    open(TAGS.sequence),
    objectIdentifier(CONTENT_TYPES.signedData),
    open(TAGS.context0),
    open(TAGS.sequence),
    ...head(parts),
    open(TAGS.sequence),
    objectIdentifier(parts.contentType),
    open(TAGS.context0),
    open(CONSTRUCTED_OCTET_STRING),
  );
}

/** What comes before each piece of the content. */
export function octetStringHeader(bytes: number): Bytes {
  return header(TAGS.octetString, bytes);
}

/** Closes the OCTET STRING, its tag and EncapsulatedContentInfo; at the end SignedData, its tag and ContentInfo. */
export function closeIndefinite(parts: SignedDataParts): Bytes {
  const three = Uint8Array.of(...CLOSED, ...CLOSED, ...CLOSED);
  return concat(three, tail(parts), three);
}

function head({ version, digestAlgorithms }: Pick<SignedDataParts, "version" | "digestAlgorithms">): Bytes[] {
  return [encode(TAGS.integer, Uint8Array.of(version)), encodeAll(TAGS.set, inOrder(digestAlgorithms))];
}

/** Certificates go in as they are: encoded anew, one that is not quite DER would lose its signature. */
function tail({ certificates, crls, signerInfos }: SignedDataParts): Bytes {
  return concat(
    ...optional(TAGS.context0, certificates),
    ...optional(TAGS.context1, crls),
    encodeAll(TAGS.set, inOrder(signerInfos)),
  );
}

function optional(tag: number, elements: readonly Bytes[]): Bytes[] {
  return elements.length === 0 ? [] : [encodeAll(tag, inOrder(elements))];
}

/** EncapsulatedContentInfo up to where its content begins. */
function openContent(contentType: Bytes, { bytes, isOctetString }: Gap): Bytes[] {
  const string = isOctetString ? [header(TAGS.octetString, bytes)] : [];
  const explicit = header(TAGS.context0, sum(string) + bytes);
  const sequence = header(TAGS.sequence, contentType.length + explicit.length + sum(string) + bytes);
  return [sequence, contentType, explicit, ...string];
}

function sum(parts: readonly Uint8Array[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}
