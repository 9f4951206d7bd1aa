import { createHash } from "node:crypto";
import { equal } from "../../../base/bytes.js";
import { ATTRIBUTES } from "../../asn1/oids.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { Malformed } from "../asn1/limits.js";
import { octetsOf, serialOf } from "../asn1/primitives.js";
import { TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf } from "../asn1/value.js";
import { single } from "../parse/attributes.js";
import type { SignerInfo } from "../parse/signer-info.js";
import type { Certificate } from "../path/certificate.js";
import { readName, sameName } from "../path/name.js";
import type { Reason } from "../report.js";
import { DIGESTS, digestNamed } from "./digests.js";

/**
 * Checks that the certificate is the one that the signer named in signing-certificate or signing-certificate-v2 (RFC 5035,
 * sections 3 to 5), whichever are there: by its digest, and by issuer and serial number where they are given. SHA-1 is all
 * that the older attribute has; it stands beside the signature here, not in its place.
 */
export function checkSigningCertificate(signer: SignerInfo, certificate: Certificate): Reason | undefined {
  const list = signer.signedAttributes?.list ?? [];
  try {
    for (const [type, name, isSecond] of [
      [ATTRIBUTES.signingCertificate, "signingCertificate", false],
      [ATTRIBUTES.signingCertificateV2, "signingCertificateV2", true],
    ] as const) {
      const found = single(list, type, name);
      if (found === undefined) continue;
      if ("defect" in found) throw new Malformed(found.defect);
      if (!isNamed(found.value, certificate, isSecond)) {
        const message = `${name} names another certificate than that of ${certificate.subjectText}`;
        return { code: "SIGNING_CERTIFICATE_MISMATCH", message };
      }
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { code: "ATTRIBUTES_INVALID", message: error.message };
  }
  return undefined;
}

/** The first ESSCertID is the signer's. */
function isNamed(value: Value, certificate: Certificate, isSecond: boolean): boolean {
  const fields = new Fields(value, "SigningCertificate");
  const [first] = childrenOf(fields.take("certs", TAG.sequence));
  if (first === undefined) throw new Malformed("SigningCertificate names no certificate");
  const id = new Fields(first, "ESSCertID");
  const algorithm = isSecond ? id.optional(TAG.sequence) : undefined;
  const digest =
    algorithm === undefined
      ? digestNamed(isSecond ? "SHA-256" : "SHA-1")
      : DIGESTS.get(readAlgorithm(algorithm).oid);
  const hash = octetsOf(id.take("certHash", TAG.octetString));
  const issuerSerial = id.optional(TAG.sequence);
  id.end();
  if (digest === undefined) throw new Malformed("the hash of an ESSCertID is not supported");
  if (!equal(createHash(digest.nodeName).update(certificate.der).digest(), hash)) return false;
  return issuerSerial === undefined || isIssuerSerial(issuerSerial, certificate);
}

function isIssuerSerial(value: Value, { issuer, serialNumber }: Certificate): boolean {
  const fields = new Fields(value, "IssuerSerial");
  const names = childrenOf(fields.take("issuer", TAG.sequence));
  const serial = serialOf(fields.take("serialNumber", TAG.integer));
  fields.end();
  const DIRECTORY_NAME = 0xa4;
  const isIssuer = names.some(({ tag, content }) => {
    if (tag !== DIRECTORY_NAME) return false;
    const [name] = childrenOf({ tag, content, bytes: content });
    return name !== undefined && sameName(readName(name), issuer);
  });
  return isIssuer && serial === serialNumber;
}
