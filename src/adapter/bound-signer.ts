import type { SignOptions } from "../api/hash-signer.js";
import { equal } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { SigningPolicy } from "../policy/signing-policy.js";
import type { AdapterAlgorithm } from "./algorithms.js";
import { signMessage, signMessageDer } from "./sign-message.js";

/** How a {@link boundSigner} signs. */
export interface BoundSignerOptions extends SignOptions {
  /** Of ECDSA: r‖s (IEEE P1363), or DER. */
  readonly encoding: "p1363" | "der";
}

/**
 * A function that signs messages, as the callbacks of many toolkits have it. It signs for the certificate that the policy
 * has now and for no later one: what names the key (a certificate, a key id, a public key) was given to the toolkit before.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; the function with whatever signing can fail with,
 * and with `CERTIFICATE_CHANGED` if the certificate was replaced before or while it signed
 */
export function boundSigner(
  policy: SigningPolicy,
  algorithm: AdapterAlgorithm,
  { encoding, ...options }: BoundSignerOptions,
): (data: ArrayBuffer | ArrayBufferView) => Promise<Buffer<ArrayBuffer>> {
  policy.privateKey(algorithm);
  const requireSame = certificateGuard(policy);
  const sign = encoding === "der" ? signMessageDer : signMessage;
  return async (data) => {
    requireSame();
    const { buffer } = await sign(policy, algorithm, data as BufferSource, options);
    requireSame();
    return Buffer.from(buffer);
  };
}

/**
 * A check that the policy's certificate is still the one that it has now.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`; the check `CERTIFICATE_CHANGED`
 */
export function certificateGuard(policy: SigningPolicy): () => void {
  const before = policy.certificateDer;
  return () => {
    if (equal(policy.certificateDer, before)) return;
    throw new SignPathError(
      "CERTIFICATE_CHANGED",
      `the certificate of signing policy ${policy.reference} was replaced, and this signer is for the one before. Make another from the policy`,
      { stage: "sign" },
    );
  };
}
