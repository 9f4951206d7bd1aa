import { createHash } from "node:crypto";
import { concatAll, equal } from "../../../base/bytes.js";
import { ATTRIBUTES, CONTENT_TYPES } from "../../asn1/oids.js";
import { LIMITS, Malformed } from "../asn1/limits.js";
import { ContentHashes } from "../hashing.js";
import type { SignerInfo } from "../parse/signer-info.js";
import type { Certificate } from "../path/certificate.js";
import type { Reason, ReasonCode, TimestampReport } from "../report.js";
import { DIGESTS } from "../signer/digests.js";
import type { SignerRules } from "../signer/rules.js";
import { readSignedData } from "../stream/read-signed-data.js";
import { verifySigners } from "../verify-signers.js";
import type { TstInfo } from "./tst-info.js";
import { readTstInfo } from "./tst-info.js";

const TOKEN_TYPES: ReadonlySet<string> = new Set([
  ATTRIBUTES.signatureTimeStampToken,
  ATTRIBUTES.authenticodeTimeStampToken,
]);

/** An authority's clock may be ahead of ours by so much. */
const MOST_AHEAD_MS = 5 * 60_000;

/** What timestamps are checked against. */
export type TimestampRules = Pick<
  SignerRules,
  "anchors" | "certificates" | "crls" | "allowWeak" | "requireRevocation" | "effort"
>;

/**
 * Checks the timestamps of a signature (RFC 3161, appendix A): each must be over the signature's value and be signed by an
 * authority whose certificate was good at the time that it tells. The earliest good one counts; where none is good, the
 * first one is told of.
 */
export async function timestampOf(
  signer: SignerInfo,
  rules: TimestampRules,
): Promise<TimestampReport | undefined> {
  const tokens = signer.unsignedAttributes
    .filter(({ type }) => TOKEN_TYPES.has(type))
    .flatMap(({ values }) => values)
    .slice(0, LIMITS.timestamps);
  const reports: TimestampReport[] = [];
  for (const { bytes } of tokens) reports.push(await verifyToken(bytes, signer.signature, rules));
  const good = reports.filter(({ verified }) => verified);
  good.sort((a, b) => (a.time?.getTime() ?? 0) - (b.time?.getTime() ?? 0));
  return good[0] ?? reports[0];
}

async function verifyToken(
  token: Uint8Array,
  signature: Uint8Array,
  rules: TimestampRules,
): Promise<TimestampReport> {
  try {
    return await readAndVerify(token, signature, rules);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const reason: Reason = { code: "MALFORMED", message: `the timestamp cannot be read: ${error.message}` };
    return { verified: false, reasons: [reason], chain: [] };
  }
}

async function readAndVerify(
  token: Uint8Array,
  signature: Uint8Array,
  rules: TimestampRules,
): Promise<TimestampReport> {
  const pieces: Uint8Array[] = [];
  let hashes = new ContentHashes([], rules.allowWeak);
  const { signedData } = await readSignedData(once(token), (oids) => {
    hashes = new ContentHashes(oids, rules.allowWeak);
    return (chunk) => {
      hashes.update(chunk);
      pieces.push(Uint8Array.from(chunk));
    };
  });
  if (signedData.contentType !== CONTENT_TYPES.tstInfo) throw new Malformed("it is no TSTInfo");
  const info = readTstInfo(concatAll(pieces));
  const { signers } = await verifySigners(signedData, hashes, {
    ...rules,
    at: info.time,
    purpose: "timeStamping",
    requireTimestamp: false,
  });
  const [signer, more] = signers;
  const reasons = [...defectsOf(info, signature, rules.allowWeak), ...(signer?.reasons ?? [])];
  if (signer === undefined || more !== undefined)
    reasons.push({ code: "NO_SIGNERS", message: "the timestamp has no or several signers" });
  if (!signedData.signers.every(namesCertificate))
    reasons.push({
      code: "ATTRIBUTES_INVALID",
      message: "the timestamp does not name its signer's certificate",
    });
  const { policy, serialNumber, time } = info;
  return {
    verified: reasons.length === 0,
    reasons,
    time,
    policy,
    serialNumber,
    ...(signer && { authority: signer.signer }),
    chain: signer?.chain ?? [],
  };
}

/** An authority must (RFC 3161, section 2.4.2; RFC 5816, section 2.2.1). */
function namesCertificate({ signedAttributes }: SignerInfo): boolean {
  const types = signedAttributes?.list.map(({ type }) => type) ?? [];
  return types.includes(ATTRIBUTES.signingCertificate) || types.includes(ATTRIBUTES.signingCertificateV2);
}

function defectsOf(
  { hashAlgorithm, hashedMessage, time }: TstInfo,
  signature: Uint8Array,
  allowWeak: boolean,
): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: ReasonCode, message: string): void => {
    reasons.push({ code, message });
  };
  const digest = DIGESTS.get(hashAlgorithm.oid);
  if (digest === undefined)
    add("ALGORITHM_UNSUPPORTED", `the timestamp's hash ${hashAlgorithm.oid} is not supported`);
  else if (digest.weak && !allowWeak) add("DIGEST_WEAK", `the timestamp's hash ${digest.name} is weak`);
  else if (!equal(createHash(digest.nodeName).update(signature).digest(), hashedMessage))
    add("DIGEST_MISMATCH", "the timestamp is over another signature");
  if (time.getTime() > Date.now() + MOST_AHEAD_MS)
    add("TIMESTAMP_INVALID", `the timestamp is of ${time.toISOString()}, which is still to come`);
  return reasons;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

/** The rules for timestamps that go with those for signatures. */
export function timestampRules(rules: SignerRules, anchors: readonly Certificate[]): TimestampRules {
  const { certificates, crls, allowWeak, requireRevocation, effort } = rules;
  return { anchors, certificates: [...certificates, ...anchors], crls, allowWeak, requireRevocation, effort };
}
