import type { AlgorithmIdentifier } from "../asn1/algorithm.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { hexOf, octetsOf, serialOf, smallIntegerOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import type { Name } from "../path/name.js";
import { readName } from "../path/name.js";
import type { Attribute } from "./attributes.js";
import { readAttributes } from "./attributes.js";

/** How a signature names its signer's certificate. */
export type SignerIdentifier =
  | { readonly kind: "issuerAndSerialNumber"; readonly issuer: Name; readonly serialNumber: string }
  /** In hexadecimal. */
  | { readonly kind: "subjectKeyIdentifier"; readonly subjectKeyIdentifier: string };

/** SignerInfo (RFC 5652, section 5.3). */
export interface SignerInfo {
  readonly version: number;
  readonly sid: SignerIdentifier;
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly signedAttributes: { readonly value: Value; readonly list: readonly Attribute[] } | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly unsignedAttributes: readonly Attribute[];
}

/** @throws {Malformed} */
export function readSignerInfo(value: Value): SignerInfo {
  const fields = new Fields(value, "SignerInfo");
  const version = smallIntegerOf(fields.take("version", TAG.integer));
  const sid = readIdentifier(fields.take("sid", TAG.sequence, context(0, "primitive")));
  const digestAlgorithm = readAlgorithm(fields.take("digestAlgorithm", TAG.sequence));
  const signed = fields.optional(context(0, "constructed"));
  const signatureAlgorithm = readAlgorithm(fields.take("signatureAlgorithm", TAG.sequence));
  const signature = octetsOf(fields.take("signature", TAG.octetString));
  const unsigned = fields.optional(context(1, "constructed"));
  fields.end();
  return {
    version,
    sid,
    digestAlgorithm,
    signedAttributes: signed && { value: signed, list: readAttributes(signed) },
    signatureAlgorithm,
    signature,
    unsignedAttributes: unsigned === undefined ? [] : readAttributes(unsigned),
  };
}

function readIdentifier(value: Value): SignerIdentifier {
  if (value.tag !== TAG.sequence)
    return { kind: "subjectKeyIdentifier", subjectKeyIdentifier: hexOf(value.content) };
  const fields = new Fields(value, "IssuerAndSerialNumber");
  const issuer = readName(fields.take("issuer"));
  const serialNumber = serialOf(fields.take("serialNumber", TAG.integer));
  fields.end();
  return { kind: "issuerAndSerialNumber", issuer, serialNumber };
}
