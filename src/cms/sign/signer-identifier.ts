import type { Bytes } from "../../base/bytes.js";
import { encode, TAGS } from "../asn1/der.js";
import type { Element } from "../asn1/element.js";
import { childrenOf, MalformedAsn1, readElement } from "../asn1/element.js";
import { readObjectIdentifier } from "../asn1/object-identifier.js";
import { EXTENSIONS } from "../asn1/oids.js";
import { refused } from "./refusal.js";

/** The issuer's name and the serial number of a certificate, each as DER. */
export interface IssuerAndSerialNumber {
  readonly issuer: Bytes;
  readonly serialNumber: Bytes;
}

/** Both as they stand in the certificate: encoded anew, a name need not be the same any more. */
export function issuerAndSerialNumber(certificate: Bytes): IssuerAndSerialNumber {
  const [serialNumber, , issuer] = fieldsOf(certificate);
  if (serialNumber === undefined || issuer === undefined)
    throw new TypeError("the certificate lacks an issuer");
  return { issuer: issuer.bytes, serialNumber: serialNumber.bytes };
}

/** `TBSCertificate` from its serial number on (RFC 5280, section 4.1). */
function fieldsOf(certificate: Bytes): readonly Element[] {
  const [toBeSigned] = childrenOf(readElement(certificate));
  const fields = toBeSigned === undefined ? [] : childrenOf(toBeSigned);
  return fields[0]?.tag === TAGS.context0 ? fields.slice(1) : fields;
}

/** The value of an extension, as it stands in its OCTET STRING. */
export function extensionOf(certificate: Bytes, oid: string): Bytes | undefined {
  const tagged = fieldsOf(certificate).find(({ tag }) => tag === TAGS.context3);
  const [list] = tagged === undefined ? [] : childrenOf(tagged);
  for (const extension of list === undefined ? [] : childrenOf(list)) {
    const fields = childrenOf(extension);
    if (readObjectIdentifier(fields[0]) === oid) return fields.at(-1)?.content;
  }
  return undefined;
}

/**
 * The key identifier that the certificate has as an extension. There is none to be computed in its place: who verifies
 * compares with the extension (RFC 5652, section 5.3).
 *
 * @param owner - for the message
 * @throws {SignPathError} `POLICY_UNUSABLE` for a certificate without one
 */
export function subjectKeyIdentifier(certificate: Bytes, owner: string): Bytes {
  const advice = 'sign with signerIdentifier "issuerAndSerialNumber"';
  try {
    const extension = extensionOf(certificate, EXTENSIONS.subjectKeyIdentifier);
    const value = extension && readElement(extension);
    if (value?.tag === TAGS.octetString) return value.content;
  } catch (cause) {
    if (!(cause instanceof MalformedAsn1)) throw cause;
    const message = `the extensions of the certificate of ${owner} cannot be read (${cause.message}): ${advice}`;
    throw refused("POLICY_UNUSABLE", message, cause);
  }
  throw refused("POLICY_UNUSABLE", `the certificate of ${owner} has no subject key identifier: ${advice}`);
}

/** `SignerIdentifier` (RFC 5652, section 5.3). */
export function signerIdentifier(certificate: Bytes, usesKeyIdentifier: boolean, owner: string): Bytes {
  if (usesKeyIdentifier) return encode(TAGS.primitive0, subjectKeyIdentifier(certificate, owner));
  const { issuer, serialNumber } = issuerAndSerialNumber(certificate);
  return encode(TAGS.sequence, issuer, serialNumber);
}
