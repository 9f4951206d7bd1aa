import { webcrypto } from "node:crypto";
import { inspect } from "node:util";
import type { CertificateFacts } from "../policy/certificate.js";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import type { PolicyState } from "../policy/state.js";
import type { HashName } from "../wire/signing.js";
import type { AlgorithmName, SigningAlgorithm } from "./algorithms.js";
import { normalise, requireAllowedHash, requireFit, requireHash, resolve } from "./algorithms.js";

/** What a key signs with: the policy, and the hash if the key is bound to one. */
export interface KeyBinding {
  readonly state: PolicyState;
  readonly name: AlgorithmName;
  readonly hash: HashName | undefined;
  /** Of an EC key: an algorithm's name and what is made of its signature can depend on it. */
  readonly namedCurve: string | undefined;
}

const bindings = new WeakMap<object, KeyBinding>();

/**
 * A private key in SignPath's HSM, as a WebCrypto `CryptoKey`. It is a handle: it holds no key material and no token, and
 * a copy of its properties is of no use.
 */
export class SignPathCryptoKey {
  readonly #algorithm: KeyAlgorithm;

  private constructor(binding: KeyBinding, algorithm: KeyAlgorithm) {
    // Types do not hold anybody off at run time.
    if (binding?.state === undefined)
      throw new TypeError("Illegal constructor: keys come from a signing policy");
    this.#algorithm = algorithm;
    bindings.set(this, binding);
  }

  /** @internal */
  static of(binding: KeyBinding, algorithm: KeyAlgorithm): SignPathCryptoKey {
    return new SignPathCryptoKey(binding, algorithm);
  }

  get type(): "private" {
    return "private";
  }

  get extractable(): false {
    return false;
  }

  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  get usages(): "sign"[] {
    return ["sign"];
  }
}

Object.defineProperty(SignPathCryptoKey.prototype, inspect.custom, {
  value(this: SignPathCryptoKey, _depth: number, options: object): string {
    const { type, extractable, algorithm, usages } = this;
    const policy = bindings.get(this)?.state.reference;
    return `SignPathCryptoKey ${inspect({ policy, type, extractable, algorithm, usages }, options)}`;
  },
});

// `instanceof CryptoKey` and the tag are what toolkits look at; the native constructor cannot be extended.
Object.setPrototypeOf(SignPathCryptoKey.prototype, globalThis.CryptoKey.prototype);

/** Whether a value is a key of this package. */
export function isSignPathCryptoKey(value: unknown): value is SignPathCryptoKey {
  return typeof value === "object" && value !== null && bindings.has(value);
}

/** What a key signs with. */
export function bindingOf(key: SignPathCryptoKey): KeyBinding {
  const binding = bindings.get(key);
  if (binding === undefined) throw new TypeError("not a key of this package");
  return binding;
}

/**
 * The private key of a policy.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
 */
export function createPrivateKey(state: PolicyState, identifier: SigningAlgorithmIdentifier): CryptoKey {
  const { name, hash, algorithm } = keyAlgorithm(state.facts(), identifier);
  const namedCurve = "namedCurve" in algorithm ? String(algorithm.namedCurve) : undefined;
  return SignPathCryptoKey.of({ state, name, hash, namedCurve }, algorithm) as CryptoKey;
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
