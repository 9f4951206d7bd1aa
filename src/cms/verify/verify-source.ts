import type { SigningSource } from "../../policy/signing-policy.js";
import { chunksOf } from "../../subtle/source.js";
import { Malformed, TooLarge } from "./asn1/limits.js";
import { ContentHashes } from "./hashing.js";
import type { Plan } from "./options.js";
import type { CmsVerification, Reason, ReasonCode } from "./report.js";
import { CmsVerificationError } from "./report.js";
import { withoutArmour } from "./stream/pem.js";
import type { ReadSignedData } from "./stream/read-signed-data.js";
import { readSignedData } from "./stream/read-signed-data.js";
import { verifySigners } from "./verify-signers.js";

/**
 * Reads a SignedData from its source and checks its signatures.
 *
 * @throws {CmsVerificationError}
 */
export async function verifySource(cms: SigningSource, plan: Plan): Promise<CmsVerification> {
  const verification = await readAndVerify(cms, plan).catch((error: unknown) => {
    if (!(error instanceof Malformed)) throw error;
    const size = error instanceof TooLarge ? "it is larger or deeper than is read" : "it cannot be read";
    throw refused("MALFORMED", `the signature was not verified, ${size}: ${error.message}`, undefined, error);
  });
  const { signers } = verification;
  if (signers.length === 0) throw refused("NO_SIGNERS", "nobody has signed it", verification);
  const good = signers.filter(({ verified }) => verified).length;
  if (plan.requiredSigners === "all" ? good === signers.length : good > 0) return verification;
  const reasons = signers.flatMap((signer) => signer.reasons);
  const said = reasons.map(({ message }) => message).join("; ");
  const who =
    signers.length === 1
      ? "the signature is"
      : `${signers.length - good} of ${signers.length} signatures are`;
  throw new CmsVerificationError(`${who} not good: ${said}`, reasons, verification);
}

async function readAndVerify(cms: SigningSource, plan: Plan): Promise<CmsVerification> {
  const { content, rules, onContent, signal } = plan;
  let hashes = new ContentHashes([], rules.allowWeak);
  const { signedData, attached } = await readSignedData(withoutArmour(chunksOf(cms, signal)), (oids) => {
    hashes = new ContentHashes(oids, rules.allowWeak);
    return (chunk) => {
      hashes.update(chunk);
      return onContent?.(chunk);
    };
  });
  requireContent({ signedData, attached }, plan);
  if (!attached && content !== undefined)
    for await (const chunk of chunksOf(content, signal)) hashes.update(chunk);
  return verifySigners(signedData, hashes, rules);
}

/** Which of two contents was verified would be anybody's guess. */
function requireContent({ signedData, attached }: ReadSignedData, plan: Plan): void {
  if (signedData.signers.length === 0 || attached === (plan.content === undefined)) return;
  throw attached
    ? refused("CONTENT_AMBIGUOUS", "the signature has its content in it: leave out the content that is given")
    : refused("CONTENT_MISSING", "the signature is detached: give the content that was signed");
}

function refused(
  code: ReasonCode,
  message: string,
  verification?: CmsVerification,
  cause?: unknown,
): CmsVerificationError {
  const reason: Reason = { code, message };
  return new CmsVerificationError(message, [reason], verification, cause);
}
