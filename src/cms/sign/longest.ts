import { timestampAttributeOf } from "../asn1/oids.js";
import type { Signed } from "./draft.js";
import { draftOf } from "./draft.js";
import { asOperation } from "./operation.js";
import type { Plan } from "./plan.js";
import { encodeWhole } from "./sign-cms.js";
import { partsOf } from "./signed-data.js";
import type { SignerPlan } from "./signer-plan.js";
import { withToken } from "./stamping.js";

/**
 * The most bytes that a detached signature by a plan can have, for a format that reserves room for it before there is one.
 * Nothing is signed; issuers that are missing are fetched where the plan says so. Only ECDSA signatures have no fixed length,
 * and are shorter by a few bytes.
 *
 * @param tokenBytes - of a timestamp token for each signature; `undefined`: there will be none
 * @throws {SignPathError} `CHAIN_INCOMPLETE`, `ABORTED`, `POLICY_UNUSABLE`
 */
export function longestDetached(plan: Plan, tokenBytes: number | undefined): Promise<number> {
  return asOperation(plan.signers, async () => {
    await plan.chains.prepare(plan.signers, plan.signal);
    const attribute = timestampAttributeOf(plan.contentType);
    const signed = plan.signers.map((signer) => {
      const each = longestPart(signer, plan);
      return tokenBytes === undefined ? each : withToken(each, attribute, new Uint8Array(tokenBytes));
    });
    return encodeWhole(plan, partsOf(plan, signed), undefined).length;
  });
}

function longestPart(signer: SignerPlan, { chains }: Plan): Signed {
  const { policy, hash, algorithm } = signer;
  const certificate = policy.certificateDer;
  const certificates = chains.of(certificate) ?? [certificate];
  const draft = draftOf(signer, { digest: new Uint8Array(hash.length), certificate, certificates });
  const numberBytes = Math.ceil((policy.keySizeInBits ?? 0) / 8);
  // With the first bit set, an INTEGER of ECDSA's DER has one byte more.
  return draft.with(new Uint8Array(algorithm === "ECDSA" ? 2 * numberBytes : numberBytes).fill(0xff));
}
