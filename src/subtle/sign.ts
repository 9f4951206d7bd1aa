import { viewOf } from "../base/bytes.js";
import type { SignPathErrorCode } from "../base/errors.js";
import { isSignPathError, namedException, SignPathError } from "../base/errors.js";
import type { SigningAlgorithm } from "../key/algorithms.js";
import { normalise, requireHash, resolve } from "../key/algorithms.js";
import type { KeyBinding, SignPathCryptoKey } from "../key/crypto-key.js";
import { bindingOf } from "../key/crypto-key.js";
import { signDigest } from "../key/sign-digest.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import { digestBytes } from "./digest.js";

/** Up to this many bytes a message is kept to check its signature, where that is faster than by the hash alone. */
const MESSAGE_BYTES = 1024 * 1024;

/** The names of the specification; the coded error is the exception's `cause`. */
const EXCEPTIONS: Readonly<Partial<Record<SignPathErrorCode, string>>> = {
  ALGORITHM_NOT_SUPPORTED: "NotSupportedError",
  POLICY_UNUSABLE: "InvalidAccessError",
};

/**
 * `subtle.sign` with a key in SignPath: hashes the data here, has the hash signed, checks the signature.
 *
 * @throws {DOMException} `NotSupportedError` for an algorithm, hash or salt length that SignPath does not sign with;
 * `InvalidAccessError` for one that is not the key's; else `OperationError`; each with the `SignPathError` as its `cause`
 * @throws {TypeError} for data that is no `BufferSource`
 */
export async function signRemotely(
  algorithm: SigningAlgorithmIdentifier,
  key: SignPathCryptoKey,
  data: BufferSource,
): Promise<ArrayBuffer> {
  if (!(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) {
    throw new TypeError("the data to sign must be an ArrayBuffer or a view of one");
  }
  try {
    const binding = bindingOf(key);
    const signing = algorithmFor(binding, algorithm);
    const view = viewOf(data);
    // Both are taken before the first await: the caller may change the data afterwards.
    const digesting = digestBytes(signing.hash, view);
    const keep = signing.scheme.wantsMessage && view.byteLength <= MESSAGE_BYTES;
    const message = keep ? Uint8Array.prototype.slice.call(view) : undefined;
    const hash = digesting instanceof Promise ? await digesting : digesting;
    return (await signDigest(binding.state, signing, { hash, message })).buffer;
  } catch (error) {
    if (!isSignPathError(error)) throw error;
    throw namedException(EXCEPTIONS[error.code] ?? "OperationError", error.message, error);
  }
}

/** The algorithm of a call with a key: the key's name always, its hash where it is bound to one. */
function algorithmFor(binding: KeyBinding, identifier: SigningAlgorithmIdentifier): SigningAlgorithm {
  const wanted = normalise(identifier);
  if (wanted.name !== binding.name) {
    throw mismatch(`the key is for ${binding.name}, not for ${wanted.name}`);
  }
  if (wanted.hash !== undefined && binding.hash !== undefined && wanted.hash !== binding.hash) {
    throw mismatch(`the key is for ${binding.hash}, not for ${wanted.hash}`);
  }
  const hash = requireHash({ name: binding.name, hash: binding.hash ?? wanted.hash });
  return resolve(binding.name, hash, wanted.saltLength);
}

function mismatch(message: string): DOMException {
  const cause = new SignPathError("ALGORITHM_NOT_SUPPORTED", message, { stage: "sign" });
  return namedException("InvalidAccessError", message, cause);
}
