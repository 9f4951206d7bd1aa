import type { SignOptions } from "../api/hash-signer.js";
import type { Bytes } from "../base/bytes.js";
import { encodeBase64, isBufferSource, viewOf } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import type { PolicyState } from "../policy/state.js";
import type { SigningAlgorithm } from "./algorithms.js";
import { normalise, requireFit, requireHash, resolve } from "./algorithms.js";
import { signDigest } from "./sign-digest.js";

/**
 * The algorithm that a policy is to sign with, its hash named.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
 */
export function resolveFor(state: PolicyState, identifier: SigningAlgorithmIdentifier): SigningAlgorithm {
  const { name, hash, saltLength, namedCurve } = normalise(identifier);
  requireFit(state.facts(), { name, namedCurve });
  return resolve(name, requireHash({ name, hash }), saltLength);
}

/** See `SigningPolicy.signHash`. */
export async function signHash(
  state: PolicyState,
  hash: ArrayBuffer | ArrayBufferView,
  identifier: SigningAlgorithmIdentifier,
  options: SignOptions,
): Promise<Bytes> {
  if (!isBufferSource(hash)) throw new TypeError("the hash must be an ArrayBuffer or a view of one");
  const algorithm = resolveFor(state, identifier);
  const view = viewOf(hash);
  if (view.byteLength !== algorithm.hash.length) {
    throw new SignPathError(
      "REQUEST_REJECTED",
      `a hash of ${view.byteLength} bytes cannot be signed as ${algorithm.hash.name}, which has ${algorithm.hash.length}; nothing was sent`,
      { stage: "sign" },
    );
  }
  return signDigest(state, algorithm, { hash: encodeBase64(view), message: undefined }, options);
}
