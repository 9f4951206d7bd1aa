import { createHash } from "node:crypto";
import type { Bytes } from "../../../base/bytes.js";
import { concat, equal, exactCopy } from "../../../base/bytes.js";
import { header } from "../../asn1/der.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../../asn1/oids.js";
import { hasNoParameters } from "../asn1/algorithm.js";
import { canonical } from "../asn1/canonical.js";
import { LIMITS, Malformed, TooLarge } from "../asn1/limits.js";
import { TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import type { SignerInfo } from "../parse/signer-info.js";
import { readSignerInfo } from "../parse/signer-info.js";
import type { Certificate } from "../path/certificate.js";
import type { Reason, ReasonCode, SignerReport } from "../report.js";
import { fits, verifyDigest, verifyMessage } from "./check-signature.js";
import type { Voucher } from "./choose-certificate.js";
import { chooseCertificate } from "./choose-certificate.js";
import type { Digest } from "./digests.js";
import { DIGESTS } from "./digests.js";
import { certificatesNamed, identityOf } from "./identity.js";
import type { Signed, SignerRules } from "./rules.js";
import type { SignatureScheme } from "./signature-algorithm.js";
import { isReason, schemeOf } from "./signature-algorithm.js";
import { checkAttributes, looksLikeAttributes } from "./signed-attributes.js";
import { checkSigningCertificate } from "./signing-certificate.js";

/** Checks one signature, its certificate's path, its timestamp and the signatures over it. */
export async function verifySigner(
  signer: SignerInfo,
  signed: Signed,
  rules: SignerRules,
  depth = 0,
): Promise<SignerReport> {
  rules.effort.signer();
  if (rules.effort.isUsedUp) throw new TooLarge("there are too many signatures and certificates to check");
  const check = await checkSignature(signer, signed, rules);
  const timestamp = await rules.timestampOf?.(signer);
  const verifiedAt = timestamp?.verified && timestamp.time !== undefined ? timestamp.time : rules.at;
  const { certificate, found, defects } = chooseCertificate(check.vouchers, rules, verifiedAt);
  const reasons = [...check.reasons, ...defects, ...timestampReasons(timestamp, rules)];
  return {
    verified: reasons.length === 0,
    reasons,
    signer: identityOf(signer.sid, certificate),
    ...(certificate && { certificate: certificate.der }),
    digestAlgorithm: DIGESTS.get(signer.digestAlgorithm.oid)?.name ?? signer.digestAlgorithm.oid,
    signatureAlgorithm: check.scheme?.name ?? signer.signatureAlgorithm.oid,
    ...(check.signingTime && { signingTime: check.signingTime }),
    ...(timestamp && { timestamp }),
    verifiedAt,
    revocation: found?.revocation ?? "unknown",
    chain: found?.path.map(({ der }): Bytes => der) ?? [],
    counterSigners: await counterSigners(signer, rules, depth),
  };
}

function timestampReasons(timestamp: SignerReport["timestamp"], { requireTimestamp }: SignerRules): Reason[] {
  if (!requireTimestamp || timestamp?.verified) return [];
  return timestamp === undefined
    ? [{ code: "TIMESTAMP_MISSING", message: "the signature has no timestamp" }]
    : [{ code: "TIMESTAMP_INVALID", message: timestamp.reasons.map(({ message }) => message).join("; ") }];
}

interface SignatureCheck {
  readonly reasons: readonly Reason[];
  readonly vouchers: readonly Voucher[];
  readonly scheme?: SignatureScheme;
  readonly signingTime?: Date | undefined;
}

async function checkSignature(
  signer: SignerInfo,
  signed: Signed,
  rules: SignerRules,
): Promise<SignatureCheck> {
  const reasons: Reason[] = [];
  const add = (code: ReasonCode, message: string): void => {
    reasons.push({ code, message });
  };
  const candidates = certificatesNamed(signer.sid, rules.certificates);
  const [first] = candidates;
  if (first === undefined)
    add("CERTIFICATE_NOT_FOUND", "the certificate of the signer is not there: give it");
  if (signer.version !== (signer.sid.kind === "issuerAndSerialNumber" ? 1 : 3))
    add("MALFORMED", `a SignerInfo of version ${signer.version} names its certificate in another way`);
  const digest = DIGESTS.get(signer.digestAlgorithm.oid);
  if (digest === undefined)
    add("ALGORITHM_UNSUPPORTED", `the digest algorithm ${signer.digestAlgorithm.oid} is not supported`);
  else if (digest.weak && !rules.allowWeak) add("DIGEST_WEAK", `the digest algorithm ${digest.name} is weak`);
  if (!hasNoParameters(signer.digestAlgorithm))
    add("ALGORITHM_MISMATCH", "the digest algorithm has parameters");
  const scheme = readScheme(signer);
  if (isReason(scheme)) reasons.push(scheme);
  const base = {
    vouchers: first === undefined ? [] : [{ certificate: first, defects: [] }],
    ...(!isReason(scheme) && { scheme }),
  };
  if (digest === undefined || isReason(scheme)) return { ...base, reasons };
  if (scheme.digest !== undefined && scheme.digest !== digest)
    add(
      "ALGORITHM_MISMATCH",
      `the signature is made with ${scheme.digest.name}, the digest with ${digest.name}`,
    );
  const hash = signed.digest(digest.oid);
  if (hash === undefined) {
    if (!digest.weak || rules.allowWeak)
      add(
        "ALGORITHM_MISMATCH",
        `the digest algorithm ${digest.name} is not in the list of those that are used`,
      );
    return { ...base, reasons };
  }
  const findings = checkAttributes(signer, signed.contentType, hash);
  reasons.push(...findings.reasons);
  if (signer.signedAttributes === undefined && signed.contentType !== undefined) {
    if (signed.contentType !== CONTENT_TYPES.data)
      add("ATTRIBUTES_INVALID", "content that is not of type data is signed without attributes");
    if (signed.beginning !== undefined && looksLikeAttributes(signed.beginning))
      add("ATTRIBUTES_INVALID", "the content may be the signed attributes of another signature");
  }
  if (first === undefined) return { ...base, reasons };
  const vouchers = await whoSigned(signer, scheme, digest, hash, candidates, first);
  return { scheme, vouchers, reasons, signingTime: findings.signingTime };
}

function readScheme({ signatureAlgorithm }: SignerInfo): SignatureScheme | Reason {
  try {
    return schemeOf(signatureAlgorithm);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { code: "ALGORITHM_MISMATCH", message: error.message };
  }
}

/**
 * The certificates of those that are meant whose key made the signature: all of those that the signer named in the attribute
 * signing-certificate, or all where there is none.
 */
async function whoSigned(
  signer: SignerInfo,
  scheme: SignatureScheme,
  digest: Digest,
  hash: Uint8Array,
  candidates: readonly Certificate[],
  first: Certificate,
): Promise<readonly Voucher[]> {
  let defect: Reason = { code: "SIGNATURE_INVALID", message: "the signature is not one by the signer's key" };
  const messages = signer.signedAttributes && signedForms(signer.signedAttributes.value);
  const all = candidates.map((certificate) => ({
    certificate,
    mismatch: checkSigningCertificate(signer, certificate),
  }));
  const isNamed = ({ mismatch }: (typeof all)[number]): boolean => mismatch === undefined;
  const few = [...all.filter(isNamed), ...all.filter((each) => !isNamed(each))].slice(0, LIMITS.timestamps);
  const vouchers: Voucher[] = [];
  for (const { certificate, mismatch } of few) {
    if (mismatch !== undefined && vouchers.length > 0) break;
    if (!fits(scheme, certificate.publicKey)) {
      const type = certificate.publicKey.asymmetricKeyType ?? "unknown";
      defect = { code: "ALGORITHM_MISMATCH", message: `${scheme.name} is not for a key of type ${type}` };
      continue;
    }
    const { signature } = signer;
    const verified =
      messages === undefined
        ? await verifyDigest(scheme, digest, certificate, signature, hash)
        : messages.some((form) => verifyMessage(scheme, digest, certificate.publicKey, signature, form));
    if (verified) vouchers.push({ certificate, defects: mismatch === undefined ? [] : [mismatch] });
    if (verified === undefined) {
      const message = `${scheme.name} with ${digest.name} is supported with signed attributes alone`;
      defect = { code: "ALGORITHM_UNSUPPORTED", message };
    }
  }
  if (vouchers.length > 0) return vouchers;
  const mismatch = checkSigningCertificate(signer, first);
  return [{ certificate: first, defects: mismatch === undefined ? [defect] : [defect, mismatch] }];
}

/** What signed attributes are signed as: DER, or for some in the order in which they stand, which may be another one. */
function signedForms(value: Value): Uint8Array[] {
  const der = canonical(value, TAG.set);
  const asTheyStand = concat(header(TAG.set, value.content.length), value.content);
  return equal(der, asTheyStand) ? [der] : [der, asTheyStand];
}

/** Each is over the signature that it stands beside, and may have its own. */
async function counterSigners(
  signer: SignerInfo,
  rules: SignerRules,
  depth: number,
): Promise<SignerReport[]> {
  if (depth >= LIMITS.counterSignatureDepth) return [];
  const values = signer.unsignedAttributes
    .filter(({ type }) => type === ATTRIBUTES.countersignature)
    .flatMap((attribute) => attribute.values);
  if (values.length > LIMITS.signers) throw new TooLarge("there are too many counter-signatures");
  const signature = exactCopy(signer.signature);
  const signed: Signed = {
    contentType: undefined,
    beginning: undefined,
    digest: (oid) => {
      const digest = DIGESTS.get(oid);
      return digest && createHash(digest.nodeName).update(signature).digest();
    },
  };
  const reports: SignerReport[] = [];
  for (const value of values) {
    const counter = readSignerInfo(value);
    reports.push(await verifySigner(counter, signed, { ...rules, requireTimestamp: false }, depth + 1));
  }
  return reports;
}
