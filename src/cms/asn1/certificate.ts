import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import { TAGS } from "./der.js";
import type { Element } from "./element.js";
import { childrenOf, MalformedAsn1, readElement } from "./element.js";
import { objectIdentifier } from "./object-identifier.js";

/** Fields of a `TBSCertificate` (RFC 5280, section 4.1), as they stand in it. */
export interface CertificateFields {
  readonly serialNumber: Bytes;
  readonly issuer: Bytes;
  readonly extensions: readonly Element[];
}

/**
 * Takes a certificate apart without encoding anything anew: a name need not be the same any more then.
 *
 * @throws {MalformedAsn1}
 */
export function certificateFields(certificate: Bytes): CertificateFields {
  const [toBeSigned] = childrenOf(readElement(certificate));
  const fields = toBeSigned === undefined ? [] : childrenOf(toBeSigned);
  const hasVersion = fields[0]?.tag === TAGS.context0;
  const [serialNumber, , issuer, ...more] = hasVersion ? fields.slice(1) : fields;
  if (serialNumber === undefined || issuer === undefined)
    throw new MalformedAsn1("a certificate lacks its issuer");
  const [explicit] = more.filter(({ tag }) => tag === TAGS.context3);
  const [sequence] = explicit === undefined ? [] : childrenOf(explicit);
  const extensions = sequence === undefined ? [] : childrenOf(sequence);
  return { serialNumber: serialNumber.bytes, issuer: issuer.bytes, extensions };
}

/**
 * The value of an extension, which is the DER in its OCTET STRING; `undefined` where the certificate has none of that type.
 *
 * @throws {MalformedAsn1}
 */
export function extensionValue(certificate: Bytes, type: string): Element | undefined {
  const oid = objectIdentifier(type);
  for (const extension of certificateFields(certificate).extensions) {
    const [extnId, ...rest] = childrenOf(extension);
    const value = rest.at(-1);
    if (extnId !== undefined && equal(extnId.bytes, oid) && value?.tag === TAGS.octetString)
      return readElement(value.content);
  }
  return undefined;
}
