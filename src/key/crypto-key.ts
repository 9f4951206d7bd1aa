import { inspect } from "node:util";
import type { SigningAlgorithmIdentifier } from "../policy/signing-policy.js";
import type { PolicyState } from "../policy/state.js";
import type { HashName } from "../wire/signing.js";
import type { AlgorithmName } from "./algorithms.js";

/** `subtle.sign` with one key. */
export type Sign = (
  algorithm: SigningAlgorithmIdentifier,
  key: SignPathCryptoKey,
  data: BufferSource,
) => Promise<ArrayBuffer>;

/** What a key signs with: the policy, and the hash if the key is bound to one. A key brings along all that it needs. */
export interface KeyBinding {
  readonly sign: Sign;
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

  /** `"private"`, always. */
  get type(): "private" {
    return "private";
  }

  /** `false`, always: nothing leaves the HSM. */
  get extractable(): false {
    return false;
  }

  /** What the key signs with: name, hash, and length and exponent or curve (W3C Web Cryptography, section 13). */
  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }

  /** `["sign"]`, always. To verify there is `SigningPolicy.publicKey`. */
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

/**
 * Whether a value is a key of this package.
 *
 * @param value - anything
 */
export function isSignPathCryptoKey(value: unknown): value is SignPathCryptoKey {
  return typeof value === "object" && value !== null && bindings.has(value);
}

/** What a key signs with. */
export function bindingOf(key: SignPathCryptoKey): KeyBinding {
  const binding = bindings.get(key);
  if (binding === undefined) throw new TypeError("not a key of this package");
  return binding;
}
