import * as pkijs from "pkijs";
import type { Bytes } from "../../base/bytes.js";
import { encode, TAGS } from "../asn1/der.js";
import { childrenOf, readElement } from "../asn1/element.js";
import { EXTENSIONS } from "../asn1/oids.js";
import { refused } from "./refusal.js";

/** The issuer's name and the serial number of a certificate, each as DER. */
export interface IssuerAndSerialNumber {
  readonly issuer: Bytes;
  readonly serialNumber: Bytes;
}

/** Both as they stand in the certificate: encoded anew, a name need not be the same any more. */
export function issuerAndSerialNumber(certificate: Bytes): IssuerAndSerialNumber {
  const [toBeSigned] = childrenOf(readElement(certificate));
  const fields = toBeSigned === undefined ? [] : childrenOf(toBeSigned);
  const hasVersion = fields[0]?.tag === TAGS.context0;
  const [serialNumber, , issuer] = hasVersion ? fields.slice(1) : fields;
  if (serialNumber === undefined || issuer === undefined)
    throw new TypeError("the certificate lacks an issuer");
  return { issuer: issuer.bytes, serialNumber: serialNumber.bytes };
}

/**
 * The key identifier that the certificate has as an extension. There is none to be computed in its place: who verifies
 * compares with the extension (RFC 5652, section 5.3).
 *
 * @param owner - for the message
 * @throws {SignPathError} `POLICY_UNUSABLE` for a certificate without one
 */
export function subjectKeyIdentifier(certificate: Bytes, owner: string): Bytes {
  const { extensions = [] } = pkijs.Certificate.fromBER(certificate.buffer);
  const extension = extensions.find(({ extnID }) => extnID === EXTENSIONS.subjectKeyIdentifier);
  const value = extension && readElement(new Uint8Array(extension.extnValue.valueBlock.valueHexView));
  if (value?.tag === TAGS.octetString) return value.content;
  throw refused(
    "POLICY_UNUSABLE",
    `the certificate of ${owner} has no subject key identifier: sign with signerIdentifier "issuerAndSerialNumber"`,
  );
}

/** `SignerIdentifier` (RFC 5652, section 5.3). */
export function signerIdentifier(certificate: Bytes, usesKeyIdentifier: boolean, owner: string): Bytes {
  if (usesKeyIdentifier) return encode(TAGS.primitive0, subjectKeyIdentifier(certificate, owner));
  const { issuer, serialNumber } = issuerAndSerialNumber(certificate);
  return encode(TAGS.sequence, issuer, serialNumber);
}
