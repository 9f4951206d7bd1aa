import { forgetAborted, onceAborted } from "../../base/abort.js";
import { signWithKey } from "../../subtle/sign.js";
import type { Chains } from "./chain/chains.js";
import type { Digests } from "./digests.js";
import type { Signed } from "./draft.js";
import { draftOf } from "./draft.js";
import type { SignerPlan } from "./signer-plan.js";

/**
 * Signs a content by its digests, for all signers at the same time.
 *
 * @param digests - of the content, one for each hash that a signer signs with
 */
export function signContent(
  signers: readonly SignerPlan[],
  digests: Digests,
  chains: Chains,
  signal: AbortSignal | undefined,
): Promise<Signed[]> {
  const jobs = signers.map((signer) => {
    const digest = digests.get(signer.hash.name);
    if (digest === undefined) throw new TypeError(`there is no digest by ${signer.hash.name}`);
    return { signer, digest };
  });
  return signAll(jobs, chains, signal);
}

/** A digest, and who is to sign it. */
export interface SigningJob {
  readonly signer: SignerPlan;
  readonly digest: Uint8Array;
}

/**
 * Signs digests, all at the same time. Where one signature fails the others are ended, and the failure is that one's.
 */
export async function signAll(
  jobs: readonly SigningJob[],
  chains: Chains,
  signal: AbortSignal | undefined,
): Promise<Signed[]> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  else if (signal) onceAborted(signal, stop);
  const signing = jobs.map((job) => signDigest(job, chains, controller.signal));
  try {
    return await Promise.all(signing);
  } catch (error) {
    controller.abort();
    await Promise.allSettled(signing);
    throw error;
  } finally {
    if (signal) forgetAborted(signal, stop);
  }
}

async function signDigest(
  { signer, digest }: SigningJob,
  chains: Chains,
  signal: AbortSignal,
): Promise<Signed> {
  const { policy, key, algorithm, hash } = signer;
  // The policy may get a new certificate while the content is read. From here to the signing
  // nothing is waited for, so that the certificate that is written down is the one that the signature is checked against.
  let [certificate, certificates] = [policy.certificateDer, chains.of(policy.certificateDer)];
  while (certificates === undefined) {
    await chains.complete(signer, signal);
    certificate = policy.certificateDer;
    certificates = chains.of(certificate);
  }
  const draft = draftOf(signer, { digest, certificate, certificates });
  const signing =
    draft.attributes === undefined
      ? policy.signHash(digest, { name: algorithm, hash: hash.name }, { signal, isPart: true })
      : signWithKey(key.algorithm, key, draft.attributes, { signal, isPart: true });
  return draft.with(await signing);
}
