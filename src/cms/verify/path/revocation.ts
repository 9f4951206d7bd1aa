import type { KeyObject } from "node:crypto";
import { Fields } from "../asn1/fields.js";
import { Malformed, TooLarge } from "../asn1/limits.js";
import { booleanOf } from "../asn1/primitives.js";
import { context } from "../asn1/tags.js";
import { childrenOf, readValue } from "../asn1/value.js";
import type { Reason } from "../report.js";
import { verifyMessage } from "../signer/check-signature.js";
import { isReason, schemeOf } from "../signer/signature-algorithm.js";
import type { Certificate } from "./certificate.js";
import type { Crl, Revocation } from "./crl.js";
import { entryFor } from "./crl.js";
import type { Effort } from "./effort.js";
import { basicConstraintsOf, EXTENSION, KEY_USAGE, keyUsageOf, unknownCritical } from "./extensions.js";
import { sameName } from "./name.js";
import type { Purpose } from "./purpose.js";

/** Extensions of a CRL that are understood; with others that are critical it says nothing. */
const KNOWN: ReadonlySet<string> = new Set([
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.cRLNumber,
  EXTENSION.issuingDistributionPoint,
  EXTENSION.deltaCRLIndicator,
]);

const CRL_DISTRIBUTION_POINTS = "2.5.29.31";

export interface RevocationRules {
  readonly time: Date;
  readonly allowWeak: boolean;
  readonly purpose: Purpose;
  readonly effort: Effort;
}

/** What has been found out about a CRL, which may be asked for every signer. */
interface Known {
  readonly signedBy: Map<KeyObject, boolean>;
  readonly entries: Map<string, Revocation | undefined>;
}

const known = new WeakMap<Crl, Known>();

function knownOf(crl: Crl): Known {
  const before = known.get(crl);
  if (before !== undefined) return before;
  const none: Known = { signedBy: new Map(), entries: new Map() };
  known.set(crl, none);
  return none;
}

function lookUp(crl: Crl, serialNumber: string): Revocation | undefined {
  const { entries } = knownOf(crl);
  if (!entries.has(serialNumber)) entries.set(serialNumber, entryFor(crl, serialNumber));
  return entries.get(serialNumber);
}

/** What CRLs say of a certificate at a time. */
export type Status = "good" | "unknown" | Reason;

const CERTIFICATE_HOLD = 6;
const REMOVE_FROM_CRL = 8;

/** Reasons for which what an authority stamped before stays good (RFC 3161, section 4): its key was not lost. */
const HARMLESS: ReadonlySet<number | undefined> = new Set([0, 3, 4, 5]);

/**
 * Looks a certificate up in the CRLs of its issuer (RFC 5280, section 6.3): those that the issuer's own key has signed,
 * that are complete for certificates like this one, and that were not to be replaced before the time in question. One that
 * cannot be relied on says nothing; one that was to be replaced vouches for nothing, but what it revokes stays revoked. So it
 * is with a delta CRL (section 5.2.4), which tells of changes alone; what it takes back of a complete one is not followed.
 *
 * @param time - a certificate that was revoked later was good then; one for timestamps only if its key was not lost, since
 * who has the key can stamp any time
 */
export function revocationStatus(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  rules: RevocationRules,
): Status {
  const { time, purpose } = rules;
  let status: Status = "unknown";
  for (const crl of crls) {
    if (!sameName(crl.issuer, certificate.issuer) || !isReliable(crl, issuer, rules)) continue;
    const isStale = crl.nextUpdate === undefined || crl.nextUpdate < time;
    const entry = lookUp(crl, certificate.serialNumber);
    const isDelta = crl.extensions.has(EXTENSION.deltaCRLIndicator);
    // A hold may have ended since.
    const isLifted = isStale && entry?.reason === CERTIFICATE_HOLD;
    const isTakenBack = isDelta && entry?.reason === REMOVE_FROM_CRL;
    if (entry !== undefined && !isLifted && !isTakenBack) {
      const since = Math.min(entry.date.getTime(), entry.invalidSince?.getTime() ?? Number.POSITIVE_INFINITY);
      const isLost = purpose === "timeStamping" && !HARMLESS.has(entry.reason);
      if (isLost || since <= time.getTime()) {
        const message = `the certificate of ${certificate.subjectText} was revoked on ${entry.date.toISOString()}`;
        return { code: "CERTIFICATE_REVOKED", message };
      }
    }
    // A list may leave out what has expired.
    if (!isStale && !isDelta && covers(crl, certificate) && certificate.notAfter >= crl.thisUpdate)
      status = "good";
  }
  return status;
}

function isReliable(crl: Crl, issuer: Certificate, { allowWeak, effort }: RevocationRules): boolean {
  if (unknownCritical(crl.extensions, KNOWN).length > 0) return false;
  if (keyUsageOf(issuer.extensions)?.has(KEY_USAGE.cRLSign) === false) return false;
  const scheme = schemeOf(crl.signatureAlgorithm);
  if (isReason(scheme)) return false;
  const digest = scheme.digest;
  if (digest?.weak && !allowWeak) return false;
  const { signedBy } = knownOf(crl);
  const { publicKey } = issuer;
  const before = signedBy.get(publicKey);
  if (before !== undefined) return before;
  effort.check();
  if (effort.isUsedUp) throw new TooLarge("there are too many CRLs to check");
  const isSigned = verifyMessage(scheme, digest, publicKey, crl.signature, crl.tbs);
  signedBy.set(publicKey, isSigned);
  return isSigned;
}

/** Whether the list would name the certificate, were it revoked (section 5.2.5). */
function covers(crl: Crl, certificate: Certificate): boolean {
  const extension = crl.extensions.get(EXTENSION.issuingDistributionPoint);
  if (extension === undefined) return true;
  const fields = new Fields(readValue(extension.value), "IssuingDistributionPoint");
  const point = fields.optional(context(0, "constructed"));
  const [onlyUsers, onlyAuthorities, someReasons, indirect, onlyAttributes] = [1, 2, 3, 4, 5].map(
    (number) => {
      const found = fields.optional(context(number, "primitive"));
      return found !== undefined && (number === 3 || booleanOf({ ...found, tag: 0x01 }));
    },
  );
  fields.end();
  if (someReasons || indirect || onlyAttributes) return false;
  const isAuthority = basicConstraintsOf(certificate.extensions)?.ca ?? false;
  if ((onlyUsers && isAuthority) || (onlyAuthorities && !isAuthority)) return false;
  if (point === undefined) return true;
  const [fullName] = childrenOf(point, 1);
  if (fullName === undefined) throw new Malformed("a distribution point has no name");
  const points = certificate.extensions.get(CRL_DISTRIBUTION_POINTS);
  if (points === undefined || fullName.tag !== context(0, "constructed")) return false;
  const value = Buffer.from(points.value);
  return childrenOf(fullName).some(({ bytes }) => value.includes(Buffer.from(bytes)));
}
