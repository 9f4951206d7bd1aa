import type { SignOptions } from "../api/hash-signer.js";
import type { Bytes } from "../base/bytes.js";
import { ecdsaSignatureValue } from "../cms/asn1/ecdsa-signature-value.js";
import type { SignPathCryptoKey } from "../key/crypto-key.js";
import type { SigningPolicy } from "../policy/signing-policy.js";
import { signWithKey } from "../subtle/sign.js";
import type { AdapterAlgorithm } from "./algorithms.js";

/**
 * Signs a message: hashes it here, has the hash signed, checks the signature.
 *
 * @param data - is copied at the call; the caller may change it afterwards
 * @returns the signature in a buffer of its own; of ECDSA r‖s (IEEE P1363), as JOSE and COSE have it
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, and whatever signing can fail with
 * @throws {TypeError} for data that is no `BufferSource`
 */
export async function signMessage(
  policy: SigningPolicy,
  { name, hash, namedCurve }: AdapterAlgorithm,
  data: BufferSource,
  options: SignOptions = {},
): Promise<Bytes> {
  const key = policy.privateKey({ name, hash, namedCurve }) as SignPathCryptoKey & CryptoKey;
  return signWithKey({ name, hash }, key, data, options);
}

/** {@link signMessage}, with a signature of ECDSA as DER: `ECDSA-Sig-Value` (RFC 3279, section 2.2.3). */
export async function signMessageDer(
  policy: SigningPolicy,
  algorithm: AdapterAlgorithm,
  data: BufferSource,
  options: SignOptions = {},
): Promise<Bytes> {
  const signature = await signMessage(policy, algorithm, data, options);
  return algorithm.name === "ECDSA" ? ecdsaSignatureValue(signature) : signature;
}
