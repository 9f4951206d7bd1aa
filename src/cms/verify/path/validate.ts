import { Malformed } from "../asn1/limits.js";
import type { Reason, ReasonCode } from "../report.js";
import { isReason, schemeOf } from "../signer/signature-algorithm.js";
import type { Certificate } from "./certificate.js";
import { isSelfIssued } from "./certificate.js";
import type { Crl } from "./crl.js";
import type { Effort } from "./effort.js";
import { basicConstraintsOf, EXTENSION, KEY_USAGE, keyUsageOf, unknownCritical } from "./extensions.js";
import { keyDefect } from "./key.js";
import { constraintBroken } from "./name-constraints.js";
import { requiresExplicitPolicy } from "./policy.js";
import type { Purpose } from "./purpose.js";
import { purposeDefect } from "./purpose.js";
import { revocationStatus } from "./revocation.js";

/** What paths are checked against. */
export interface PathRules {
  /** When the certificates must be valid. */
  readonly time: Date;
  readonly purpose: Purpose;
  readonly crls: readonly Crl[];
  /** Whether every certificate below the root must be vouched for by a CRL. */
  readonly requireRevocation: boolean;
  readonly allowWeak: boolean;
  readonly effort: Effort;
}

/** What is wrong with a path, and what CRLs say of it. */
export interface Verdict {
  readonly reasons: readonly Reason[];
  readonly revocation: "good" | "revoked" | "unknown";
}

/** Extensions that are dealt with below, or that say nothing where no policy is asked for (RFC 5280, section 6.1.1). */
const KNOWN: ReadonlySet<string> = new Set([
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.extKeyUsage,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.inhibitAnyPolicy,
]);

/**
 * Validates a path whose signatures have been checked (RFC 5280, section 6.1, without policies: a path that asks for an
 * explicit one is refused). What an authority that is trusted says of itself binds as well.
 *
 * @param path - the signer's certificate first, the trusted one last
 */
export function validatePath(path: readonly Certificate[], rules: PathRules): Verdict {
  try {
    const revocations = path.slice(0, -1).map((certificate, index) => {
      const issuer = path[index + 1] ?? certificate;
      return revocationStatus(certificate, issuer, rules.crls, rules);
    });
    const revoked = revocations.filter((status): status is Reason => typeof status === "object");
    const unknown = revocations.indexOf("unknown");
    const reasons = path.flatMap((certificate, index) => [
      ...defectsOf(certificate, rules, index === path.length - 1),
      ...(index === 0 ? leafDefects(certificate, rules) : authorityDefects(certificate, index, path, rules)),
    ]);
    if (unknown >= 0 && rules.requireRevocation) {
      const subject = path[unknown]?.subjectText ?? "";
      reasons.push({
        code: "REVOCATION_UNKNOWN",
        message: `no CRL vouches for the certificate of ${subject}`,
      });
    }
    const revocation = revoked.length > 0 ? "revoked" : unknown < 0 && path.length > 1 ? "good" : "unknown";
    return { reasons: [...revoked, ...reasons], revocation };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { reasons: [{ code: "CHAIN_INVALID", message: error.message }], revocation: "unknown" };
  }
}

/** What holds for every certificate. */
function defectsOf(certificate: Certificate, { time, allowWeak }: PathRules, isAnchor: boolean): Reason[] {
  const { subjectText, notBefore, notAfter, extensions, publicKey, signatureAlgorithm } = certificate;
  const reasons: Reason[] = [];
  const add = (code: ReasonCode, what: string): void => {
    reasons.push({ code, message: `the certificate of ${subjectText} ${what}` });
  };
  if (time < notBefore) add("CERTIFICATE_NOT_YET_VALID", `is valid from ${notBefore.toISOString()} on`);
  if (time > notAfter) add("CERTIFICATE_EXPIRED", `expired on ${notAfter.toISOString()}`);
  const unknown = unknownCritical(extensions, KNOWN);
  if (unknown.length > 0)
    add("CHAIN_INVALID", `has critical extensions that are not known: ${unknown.join(", ")}`);
  const defect = keyDefect(publicKey, allowWeak);
  if (defect !== undefined) add("KEY_UNSUITABLE", `is not to be relied on: ${defect}`);
  if (requiresExplicitPolicy(extensions)) add("CHAIN_INVALID", "requires policies, which are not supported");
  if (isAnchor) return reasons;
  const scheme = schemeOf(signatureAlgorithm);
  if (isReason(scheme)) reasons.push(scheme);
  else if (scheme.digest?.weak && !allowWeak) add("DIGEST_WEAK", `was signed with ${scheme.digest.name}`);
  return reasons;
}

function leafDefects(certificate: Certificate, { purpose }: PathRules): Reason[] {
  const usage = keyUsageOf(certificate.extensions);
  const maySign =
    usage === undefined || usage.has(KEY_USAGE.digitalSignature) || usage.has(KEY_USAGE.nonRepudiation);
  const reasons: Reason[] = maySign
    ? []
    : [{ code: "CHAIN_INVALID", message: `the key of ${certificate.subjectText} is not for signatures` }];
  return [...reasons, ...purposeReasons(certificate, purpose, "signer")];
}

function purposeReasons(certificate: Certificate, purpose: Purpose, role: "signer" | "authority"): Reason[] {
  const defect = purposeDefect(certificate.extensions, purpose, role);
  if (defect === undefined) return [];
  return [{ code: "CHAIN_INVALID", message: `the certificate of ${certificate.subjectText} ${defect}` }];
}

/** What holds for those that issue others (section 6.1.4 (k) to (n)). */
function authorityDefects(
  certificate: Certificate,
  index: number,
  path: readonly Certificate[],
  { purpose }: PathRules,
): Reason[] {
  const { extensions, subjectText, version } = certificate;
  const reasons: Reason[] = [];
  const add = (what: string): void => {
    reasons.push({ code: "CHAIN_INVALID", message: `the certificate of ${subjectText} ${what}` });
  };
  const constraints = basicConstraintsOf(extensions);
  const isOldRoot = version === 1 && index === path.length - 1 && isSelfIssued(certificate);
  if (!isOldRoot && constraints?.ca !== true) add("is not that of an authority");
  const between = path.slice(1, index).filter((each) => !isSelfIssued(each)).length;
  if (constraints?.pathLength !== undefined && between > constraints.pathLength)
    add(`allows ${constraints.pathLength} authorities below it; there are ${between}`);
  if (keyUsageOf(extensions)?.has(KEY_USAGE.keyCertSign) === false) add("may not issue certificates");
  const broken = constraintBroken(certificate, path.slice(0, index));
  if (broken !== undefined) add(`does not allow the name ${broken} below it`);
  return [...reasons, ...purposeReasons(certificate, purpose, "authority")];
}
