import { onceAborted } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { signWithKey } from "../../subtle/sign.js";
import { ecdsaSignatureValue } from "../asn1/ecdsa-signature-value.js";
import { algorithmIdentifier } from "../asn1/object-identifier.js";
import { signedAttributes } from "./attributes.js";
import type { Chains } from "./chain/chains.js";
import type { Digests } from "./digests.js";
import {
  digestEncryptionAlgorithm,
  pkcs7DigestAlgorithm,
  signatureAlgorithm,
} from "./signature-algorithm.js";
import { signerIdentifier } from "./signer-identifier.js";
import type { SignerInfo } from "./signer-info.js";
import { signerInfoOf } from "./signer-info.js";
import type { SignerPlan } from "./signer-plan.js";

/** A signer's part of a SignedData. */
export interface Signed {
  /** `AlgorithmIdentifier` of the content's digest. */
  readonly digestAlgorithm: Bytes;
  readonly signerInfo: SignerInfo;
  /** DER of what goes in for this signer: its certificate first. */
  readonly certificates: readonly Bytes[];
}

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
    signal?.removeEventListener("abort", stop);
  }
}

async function signDigest(
  { signer, digest }: SigningJob,
  chains: Chains,
  signal: AbortSignal,
): Promise<Signed> {
  const { policy, key, algorithm, hash } = signer;
  const identify = signer.isPkcs7 ? digestEncryptionAlgorithm : signatureAlgorithm;
  const identifierOfAlgorithm = identify(algorithm, hash);
  const digestAlgorithm = signer.isPkcs7 ? pkcs7DigestAlgorithm(hash) : algorithmIdentifier(hash.oid);
  // The policy may get a new certificate while the content is read. From here to the signing
  // nothing is waited for, so that the certificate that is written down is the one that the signature is checked against.
  let [certificate, certificates] = [policy.certificateDer, chains.of(policy.certificateDer)];
  while (certificates === undefined) {
    await chains.complete(signer, signal);
    certificate = policy.certificateDer;
    certificates = chains.of(certificate);
  }
  const identifier = signerIdentifier(certificate, signer.usesKeyIdentifier, policy.reference);
  const attributes =
    signer.attributes &&
    signedAttributes(signer.attributes, {
      messageDigest: digest,
      hash,
      certificate,
      signatureAlgorithm: identifierOfAlgorithm,
    });
  const signing =
    attributes === undefined
      ? policy.signHash(digest, { name: algorithm, hash: hash.name }, { signal, isPart: true })
      : signWithKey(key.algorithm, key, attributes, { signal, isPart: true });
  const raw = await signing;
  const signature = algorithm === "ECDSA" ? ecdsaSignatureValue(raw) : raw;
  const signerInfo = signerInfoOf({
    identifier,
    usesKeyIdentifier: signer.usesKeyIdentifier,
    digestAlgorithm,
    signedAttributes: attributes,
    signatureAlgorithm: identifierOfAlgorithm,
    signature,
  });
  return { digestAlgorithm, signerInfo, certificates };
}
