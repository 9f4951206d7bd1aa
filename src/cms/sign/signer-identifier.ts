import type { Bytes } from "../../base/bytes.js";
import { certificateFields, extensionValue } from "../asn1/certificate.js";
import { encode, TAGS } from "../asn1/der.js";
import { EXTENSIONS } from "../asn1/oids.js";
import { refused } from "./refusal.js";

/**
 * The key identifier that the certificate has as an extension. There is none to be computed in its place: who verifies
 * compares with the extension (RFC 5652, section 5.3).
 *
 * @param owner - for the message
 * @throws {SignPathError} `POLICY_UNUSABLE` for a certificate without one
 */
export function subjectKeyIdentifier(certificate: Bytes, owner: string): Bytes {
  const value = extensionValue(certificate, EXTENSIONS.subjectKeyIdentifier);
  if (value?.tag === TAGS.octetString) return value.content;
  throw refused(
    "POLICY_UNUSABLE",
    `the certificate of ${owner} has no subject key identifier: sign with signerIdentifier "issuerAndSerialNumber"`,
  );
}

/** `SignerIdentifier` (RFC 5652, section 5.3). */
export function signerIdentifier(certificate: Bytes, usesKeyIdentifier: boolean, owner: string): Bytes {
  if (usesKeyIdentifier) return encode(TAGS.primitive0, subjectKeyIdentifier(certificate, owner));
  const { issuer, serialNumber } = certificateFields(certificate);
  return encode(TAGS.sequence, issuer, serialNumber);
}
