import { webcrypto } from "node:crypto";
import type { CertificateFacts } from "../policy/certificate.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import type { PolicyState } from "../policy/state.js";
import type { HashName } from "../wire/signing.js";
import type { AlgorithmName, SigningAlgorithm } from "./algorithms.js";
import { normalise, requireAllowedHash, requireFit, requireHash, resolve } from "./algorithms.js";
import type { Sign } from "./crypto-key.js";
import { SignPathCryptoKey } from "./crypto-key.js";

/**
 * The private key of a policy.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
 */
export function createPrivateKey(
  state: PolicyState,
  identifier: SigningAlgorithmIdentifier,
  sign: Sign,
): CryptoKey {
  const { name, hash, algorithm } = keyAlgorithm(state.facts(), identifier);
  const namedCurve = "namedCurve" in algorithm ? String(algorithm.namedCurve) : undefined;
  return SignPathCryptoKey.of({ sign, state, name, hash, namedCurve }, algorithm) as CryptoKey;
}

/**
 * The public key of a policy, as a native key.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
 */
export async function importPublicKey(
  state: PolicyState,
  identifier: SigningAlgorithmIdentifier,
): Promise<CryptoKey> {
  const facts = state.facts();
  const { algorithm } = keyAlgorithm(facts, identifier);
  const spki = facts.publicKey.export({ type: "spki", format: "der" });
  return webcrypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
}

/**
 * `algorithm` of the keys. Beyond what WebCrypto has there, RSA-PSS names its only salt length, and ECDSA the hash that the
 * key is bound to, so that a key's algorithm is all that `sign` and `verify` need.
 */
function keyAlgorithm(
  facts: CertificateFacts,
  identifier: SigningAlgorithmIdentifier,
): { name: AlgorithmName; hash: HashName | undefined; algorithm: KeyAlgorithm } {
  const { name, hash, saltLength, namedCurve } = normalise(identifier);
  requireFit(facts, { name, namedCurve });
  if (facts.key.type === "ec") {
    const algorithm = {
      name,
      namedCurve: facts.key.namedCurve,
      ...(hash !== undefined && { hash: { name: hash } }),
    };
    return { name, hash, algorithm };
  }
  const resolved: SigningAlgorithm = resolve(name, requireHash({ name, hash }), saltLength);
  requireAllowedHash(facts, resolved);
  const { modulusLength, publicExponent } = facts.key;
  const algorithm = {
    name,
    modulusLength,
    publicExponent: bigEndian(publicExponent),
    hash: { name: resolved.hash.name },
    ...(name === "RSA-PSS" && { saltLength: resolved.hash.length }),
  };
  return { name, hash: resolved.hash.name, algorithm };
}

/** A `BigInteger` of WebCrypto: unsigned, big-endian, without leading zeros. */
function bigEndian(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}
