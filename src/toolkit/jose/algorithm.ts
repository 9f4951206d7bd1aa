import type { JoseAlgorithm, JoseAlgorithmName } from "../../adapter/algorithms.js";
import { joseAlgorithm, joseAlgorithmsOf } from "../../adapter/algorithms.js";
import { SigningPolicy } from "../../policy/signing-policy.js";

/**
 * The algorithm that is named, or else the policy's first: RS256 of an RSA key, PS256 where its certificate is for RSA-PSS
 * only, the one of an EC key's curve.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the key signs with; `POLICY_UNUSABLE`
 * @throws {TypeError} for a policy that is none
 */
export function algorithmOf(policy: SigningPolicy, alg: string | undefined): JoseAlgorithm {
  requirePolicy(policy);
  if (alg !== undefined) return joseAlgorithm(policy, alg);
  const [first] = joseAlgorithmsOf(policy);
  const usual: JoseAlgorithmName = policy.keyType === "EC" ? "ES256" : "RS256";
  return first ?? joseAlgorithm(policy, usual);
}

/** @throws {TypeError} */
function requirePolicy(policy: unknown): asserts policy is SigningPolicy {
  if (policy instanceof SigningPolicy) return;
  throw new TypeError("policy must be one that a SignPath client gave");
}
