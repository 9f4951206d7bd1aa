import type { Bytes } from "../../base/bytes.js";
import { encode, encodeAll, TAGS } from "../../cms/asn1/der.js";
import type { Element } from "../../cms/asn1/element.js";
import { childrenOf, MalformedAsn1 } from "../../cms/asn1/element.js";
import { objectIdentifier } from "../../cms/asn1/object-identifier.js";
import { readCms } from "../../cms/sign/edit/read.js";
import { rebuild } from "../../cms/sign/edit/rebuild.js";
import { encodeSignerInfo } from "../../cms/sign/signer-info.js";
import { unsuitable } from "./refusal.js";

/** `SPC_NESTED_SIGNATURE_OBJID`: an unsigned attribute whose values are whole signatures. */
const NESTED_SIGNATURE = "1.3.6.1.4.1.311.2.4.1";

/** Far more than anybody makes. */
const MOST_NESTED = 100;

/**
 * Adds a signature to another one of the same file, behind those that are nested in it already. What was signed stays as it
 * is.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for a signature that does not have one signer
 */
export function nest(primary: Uint8Array, signature: Uint8Array): Bytes {
  const cms = readCms(primary);
  const [signer, ...more] = cms.signers;
  if (signer === undefined || more.length > 0)
    throw unsuitable("the signature that is there has not one signer, and none can be nested in it");
  const nested = signer.unsignedAttributes.filter(({ oid }) => oid === NESTED_SIGNATURE);
  const others = signer.unsignedAttributes.filter(({ oid }) => oid !== NESTED_SIGNATURE);
  const before = nested.flatMap(({ values }) => signaturesIn(values));
  // In the order that they were made in, which signtool counts them by.
  const values = encodeAll(TAGS.set, [...before, signature]);
  const unsigned = [
    ...others.map(({ bytes }) => bytes),
    encode(TAGS.sequence, objectIdentifier(NESTED_SIGNATURE), values),
  ];
  return rebuild(cms, {
    signerInfos: [encodeSignerInfo({ ...signer, unsigned })],
    signerVersions: [signer.version],
  });
}

function signaturesIn(values: Element): Bytes[] {
  try {
    return childrenOf(values, MOST_NESTED).map(({ bytes }) => bytes);
  } catch (cause) {
    if (!(cause instanceof MalformedAsn1)) throw cause;
    throw unsuitable(`the signatures that are nested already cannot be read: ${cause.message}`, cause);
  }
}
