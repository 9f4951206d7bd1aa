import type { SignOptions } from "../api/hash-signer.js";
import type { Bytes } from "../base/bytes.js";
import { encodeBase64 } from "../base/bytes.js";
import type { Signed } from "../key/scheme.js";
import { signDigest } from "../key/sign-digest.js";
import { resolveFor } from "../key/sign-hash.js";
import type { SigningAlgorithmIdentifier, SigningSource } from "../policy/signing-policy.js";
import type { PolicyState } from "../policy/state.js";
import { digestSource } from "./digest.js";

/** See `SigningPolicy.signStream`. */
export async function signStream(
  state: PolicyState,
  source: SigningSource,
  identifier: SigningAlgorithmIdentifier,
  options: SignOptions,
): Promise<Bytes> {
  const algorithm = resolveFor(state, identifier);
  const digest = async (): Promise<Signed> => {
    const hash = await digestSource(algorithm.hash, source, options.signal);
    return { hash: encodeBase64(hash), message: undefined };
  };
  return signDigest(state, algorithm, digest, options);
}
