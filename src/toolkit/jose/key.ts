import type { JoseAlgorithmName } from "../../adapter/algorithms.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { algorithmOf } from "./algorithm.js";

/**
 * The policy's private key for one algorithm of JOSE: its `algorithm` has the name, the hash, the curve and the length that
 * jose and its relatives look at. They sign with it where they use the `subtle` of this package.
 *
 * @param alg - by default RS256 for an RSA key, ES256, ES384 or ES512 for an EC key, as its curve says
 * @returns a key for `sign`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the key signs with; `POLICY_UNUSABLE`
 */
export function jwsKey(policy: SigningPolicy, alg?: JoseAlgorithmName): CryptoKey {
  const { name, hash } = algorithmOf(policy, alg);
  return policy.privateKey({ name, hash });
}
