import type { SigningPolicy } from "../../../policy/signing-policy.js";
import type { HashName, SignatureOptions } from "../signer.js";

const PADDINGS = { pkcs1: "RSASSA-PKCS1-v1_5", pss: "RSA-PSS" } as const;

/**
 * The algorithm of what has SHA-256 unless it is told otherwise, checked against the policy's key.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 */
export function plainAlgorithm(
  policy: SigningPolicy,
  { hash = "SHA-256", padding }: SignatureOptions,
): { readonly name: string; readonly hash: HashName } {
  const unpadded = policy.keyType === "EC" ? "ECDSA" : PADDINGS.pkcs1;
  const algorithm = { name: padding === undefined ? unpadded : PADDINGS[padding], hash };
  policy.privateKey(algorithm);
  return algorithm;
}
