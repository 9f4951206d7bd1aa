import type { Bytes } from "../../base/bytes.js";
import { concat } from "../../base/bytes.js";
import { encode, encodeAll, inOrder, TAGS } from "../asn1/der.js";

/** A SignerInfo in pieces (RFC 5652, section 5.3), so that unsigned attributes can be added to it. */
export interface SignerInfo {
  readonly version: number;
  /** From the version up to the signature, with it, as DER. */
  readonly signed: Bytes;
  /** The octets of the signature. */
  readonly signature: Bytes;
  /** Attributes, each as DER. */
  readonly unsigned: readonly Bytes[];
}

export interface SignerInfoFields {
  readonly identifier: Bytes;
  readonly usesKeyIdentifier: boolean;
  readonly digestAlgorithm: Bytes;
  /** As a SET OF. */
  readonly signedAttributes: Bytes | undefined;
  readonly signatureAlgorithm: Bytes;
  readonly signature: Bytes;
}

/** Version 3 where a key identifier names the certificate, else 1. */
export function signerInfoOf(fields: SignerInfoFields): SignerInfo {
  const { signedAttributes, signature } = fields;
  const version = fields.usesKeyIdentifier ? 3 : 1;
  const tagged = signedAttributes === undefined ? [] : [retagged(TAGS.context0, signedAttributes)];
  const signed = concat(
    encode(TAGS.integer, Uint8Array.of(version)),
    fields.identifier,
    fields.digestAlgorithm,
    ...tagged,
    fields.signatureAlgorithm,
    encode(TAGS.octetString, signature),
  );
  return { version, signed, signature, unsigned: [] };
}

/** The whole as DER. */
export function encodeSignerInfo({ signed, unsigned }: SignerInfo): Bytes {
  const attributes = unsigned.length === 0 ? [] : [encodeAll(TAGS.context1, inOrder(unsigned))];
  return encode(TAGS.sequence, signed, ...attributes);
}

/** With an implicit tag in place of its own. */
function retagged(tag: number, value: Bytes): Bytes {
  const copy = value.slice();
  copy[0] = tag;
  return copy;
}
