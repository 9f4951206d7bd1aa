import type { Bytes } from "../../base/bytes.js";
import { equal, exactCopy } from "../../base/bytes.js";
import { Malformed } from "./asn1/limits.js";
import type { ContentHashes } from "./hashing.js";
import type { SignedData } from "./parse/signed-data.js";
import type { Certificate } from "./path/certificate.js";
import { parseCertificate } from "./path/certificate.js";
import type { Crl } from "./path/crl.js";
import { parseCrl } from "./path/crl.js";
import type { CmsVerification, SignerReport } from "./report.js";
import type { Signed, SignerRules } from "./signer/rules.js";
import { verifySigner } from "./signer/verify-signer.js";

/** Checks every signature of a SignedData, one after the other. */
export async function verifySigners(
  signedData: SignedData,
  content: Pick<ContentHashes, "digest" | "beginning">,
  rules: SignerRules,
): Promise<CmsVerification> {
  const { contentType } = signedData;
  const own: SignerRules = {
    ...rules,
    certificates: distinct([...readable(signedData.certificates, parseCertificate), ...rules.certificates]),
    crls: [...readable(signedData.crls, parseCrl), ...rules.crls],
  };
  const signers: SignerReport[] = [];
  const signed: Signed = { contentType, digest: (oid) => content.digest(oid), beginning: content.beginning };
  for (const signer of signedData.signers) signers.push(await verifySigner(signer, signed, own));
  const certificates: Bytes[] = signedData.certificates.map(exactCopy);
  return { contentType, signers, certificates };
}

/** What cannot be read is as good as missing. */
function readable<T extends Certificate | Crl>(
  encoded: readonly Uint8Array[],
  parse: (der: Uint8Array) => T,
): T[] {
  return encoded.flatMap((der) => {
    try {
      return [parse(der)];
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return [];
    }
  });
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  const sorted = [...certificates].sort((a, b) => Buffer.compare(a.der, b.der));
  const repeated = new Set(
    sorted.filter((certificate, index) => {
      const before = sorted[index - 1];
      return before !== undefined && equal(before.der, certificate.der);
    }),
  );
  return certificates.filter((certificate) => !repeated.has(certificate));
}
