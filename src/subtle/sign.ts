import type { SignOptions } from "../api/hash-signer.js";
import type { Bytes } from "../base/bytes.js";
import { isBufferSource, viewOf } from "../base/bytes.js";
import type { SignPathErrorCode } from "../base/errors.js";
import { isSignPathError, namedException, SignPathError } from "../base/errors.js";
import type { SigningAlgorithm } from "../key/algorithms.js";
import { normalise, requireHash, resolve } from "../key/algorithms.js";
import type { KeyBinding, SignPathCryptoKey } from "../key/crypto-key.js";
import { bindingOf } from "../key/crypto-key.js";
import type { Signed } from "../key/scheme.js";
import { signDigest } from "../key/sign-digest.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import { digestBase64 } from "./digest.js";

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
 * `InvalidAccessError` for one that is not the key's, or a policy that cannot be used; else `OperationError`; each with
 * the `SignPathError` as its `cause`
 * @throws {TypeError} for data that is no `BufferSource`
 */
export function signRemotely(
  algorithm: SigningAlgorithmIdentifier,
  key: SignPathCryptoKey,
  data: BufferSource,
): Promise<ArrayBuffer> {
  try {
    return begin(algorithm, key, data, NO_OPTIONS).then(bufferOf, throwException);
  } catch (error) {
    return throwException(error);
  }
}

const NO_OPTIONS: SignOptions = Object.freeze({});

function bufferOf({ buffer }: Bytes): ArrayBuffer {
  return buffer;
}

async function throwException(error: unknown): Promise<never> {
  if (!isSignPathError(error)) throw error;
  const name = error instanceof KeyMismatch ? "InvalidAccessError" : EXCEPTIONS[error.code];
  throw namedException(name ?? "OperationError", error.message, error);
}

/** The same with options, failing with the `SignPathError` itself. */
export async function signWithKey(
  algorithm: SigningAlgorithmIdentifier,
  key: SignPathCryptoKey,
  data: BufferSource,
  options: SignOptions = {},
): Promise<Bytes> {
  return begin(algorithm, key, data, options);
}

/** What is wrong with the arguments is thrown at once. */
function begin(
  algorithm: SigningAlgorithmIdentifier,
  key: SignPathCryptoKey,
  data: BufferSource,
  options: SignOptions,
): Promise<Bytes> {
  if (!isBufferSource(data)) {
    throw new TypeError("the data to sign must be an ArrayBuffer or a view of one");
  }
  const binding = bindingOf(key);
  const signing = algorithmFor(binding, algorithm);
  const view = viewOf(data);
  // Both are taken before the first await: the caller may change the data afterwards.
  const digesting = digestBase64(signing.hash, view);
  const { state } = binding;
  requireSameCurve(binding);
  const keep = signing.scheme.wantsMessage && view.byteLength <= MESSAGE_BYTES && state.verifies;
  const message = keep ? Buffer.from(view) : undefined;
  const signed =
    typeof digesting === "string"
      ? { hash: digesting, message }
      : async (): Promise<Signed> => {
          const hash = await digesting;
          // Another certificate may have become known meanwhile.
          requireSameCurve(binding);
          return { hash, message };
        };
  return signDigest(state, signing, signed, options);
}

/** A key says which curve it is on, and with that how long its signatures are and what JOSE and COSE call them. */
function requireSameCurve({ state, namedCurve }: KeyBinding): void {
  const { key } = state.facts();
  if (key.type === "rsa" || namedCurve === undefined || key.namedCurve === namedCurve) return;
  throw new SignPathError(
    "CERTIFICATE_CHANGED",
    `the certificate of signing policy ${state.reference} was replaced: its key is on ${key.namedCurve} now, this one on ${namedCurve}. Get another from policy.privateKey; nothing was sent`,
    { stage: "sign" },
  );
}

/** The algorithm of a call with a key: the key's name always, its hash where it is bound to one. */
function algorithmFor(binding: KeyBinding, identifier: SigningAlgorithmIdentifier): SigningAlgorithm {
  const wanted = normalise(identifier);
  if (wanted.name !== binding.name) {
    throw new KeyMismatch(`the key is for ${binding.name}, not for ${wanted.name}`);
  }
  if (wanted.hash !== undefined && binding.hash !== undefined && wanted.hash !== binding.hash) {
    throw new KeyMismatch(`the key is for ${binding.hash}, not for ${wanted.hash}`);
  }
  const hash = requireHash({ name: binding.name, hash: binding.hash ?? wanted.hash });
  return resolve(binding.name, hash, wanted.saltLength);
}

/** An algorithm that SignPath signs with, but not with this key. */
class KeyMismatch extends SignPathError {
  constructor(message: string) {
    super("ALGORITHM_NOT_SUPPORTED", message, { stage: "sign" });
  }
}
