import { KeyObject, webcrypto } from "node:crypto";
import { types } from "node:util";
import type { Bytes } from "../../base/bytes.js";
import { viewOf } from "../../base/bytes.js";
import type { Engine, Method } from "./engine.js";

/**
 * A native key that carries bytes through an operation which only takes or gives a key. HMAC, because its
 * raw form is any byte string.
 */
const CARRIER = Object.freeze({ name: "HMAC", hash: "SHA-256" });

/**
 * The methods of Node's `SubtleCrypto.prototype`, whatever the running version has, bound to Node's own
 * object. They are captured when this module loads, so that a global bridge which later patches the prototype
 * to reach this package does not make it call itself.
 */
export const nativeMethods: ReadonlyMap<string, Method> = capture(SubtleCrypto.prototype, webcrypto.subtle);

/** The methods of Node's `Crypto.prototype`, captured in the same way. */
export const nativeCryptoMethods: ReadonlyMap<string, Method> = capture(Crypto.prototype, webcrypto);

function capture(prototype: object, receiver: object): ReadonlyMap<string, Method> {
  const methods = new Map<string, Method>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === "constructor" || typeof value !== "function") continue;
    methods.set(name, value.bind(receiver));
  }
  return methods;
}

/** Whether `value` is a `CryptoKey` of Node itself: by its inner slot, which cannot be imitated. */
export function isNativeKey(value: unknown): value is CryptoKey {
  return types.isCryptoKey(value);
}

/** Runs an operation of Node's own `SubtleCrypto` with the arguments as they are. */
export async function callNative(operation: string, args: readonly unknown[]): Promise<unknown> {
  const method = nativeMethods.get(operation);
  if (method === undefined) throw new TypeError(`Node ${process.version} has no subtle.${operation}()`);
  return method(...args);
}

async function carrier(bytes: Uint8Array): Promise<unknown> {
  return callNative("importKey", ["raw", bytes, CARRIER, true, ["sign"]]);
}

async function content(key: unknown): Promise<ArrayBuffer> {
  return (await callNative("exportKey", ["raw", key])) as ArrayBuffer;
}

/** Node's WebCrypto as one of the engines of the composite. */
export const native: Engine = Object.freeze({
  owns: isNativeKey,
  call: callNative,

  async publicKeyInfo(key: CryptoKey): Promise<Uint8Array> {
    if (key.extractable) return viewOf((await callNative("exportKey", ["spki", key])) as ArrayBuffer);
    // A public key is no secret, and it stays inside the composite.
    return KeyObject.from(key as webcrypto.CryptoKey).export({ format: "der", type: "spki" });
  },

  async wrapBytes(bytes: Bytes, wrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
    const args = ["raw", await carrier(bytes), wrappingKey, algorithm];
    return (await callNative("wrapKey", args)) as ArrayBuffer;
  },

  async unwrapBytes(wrapped: unknown, unwrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
    const args = ["raw", wrapped, unwrappingKey, algorithm, CARRIER, true, ["sign"]];
    return content(await callNative("unwrapKey", args));
  },

  async deriveSecret(algorithm: unknown, baseKey: unknown, length: number | null): Promise<ArrayBuffer> {
    if (length === null) return (await callNative("deriveBits", [algorithm, baseKey, null])) as ArrayBuffer;
    return content(
      await callNative("deriveKey", [algorithm, baseKey, { ...CARRIER, length }, true, ["sign"]]),
    );
  },
});
