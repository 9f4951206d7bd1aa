import { bindingOf, isSignPathCryptoKey } from "../key/crypto-key.js";
import { otherParty, snapshot } from "./composite/arguments.js";
import { create } from "./composite/fallback.js";
import { byOwner } from "./composite/keys.js";
import { callNative, nativeCryptoMethods, nativeMethods } from "./composite/native.js";
import { remoteRefusal } from "./composite/remote.js";

type Operation = (args: readonly unknown[]) => Promise<unknown>;

/**
 * The operations that need more than Node. Whatever else the running Node has is Node's alone: newer methods
 * (`getPublicKey`, `encapsulateKey`, …) know only its own keys.
 */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["sign", sign],
  ["verify", (args) => byOwner("verify", args[1], args)],
  ["encrypt", (args) => byOwner("encrypt", args[1], args)],
  ["decrypt", (args) => byOwner("decrypt", args[1], args)],
  ["exportKey", (args) => byOwner("exportKey", args[1], args)],
  ["digest", (args) => create("digest", args)],
  ["generateKey", (args) => create("generateKey", args)],
  ["importKey", (args) => create("importKey", args)],
  ["deriveBits", (args) => mixed("deriveBits", args)],
  ["deriveKey", (args) => mixed("deriveKey", args)],
  ["wrapKey", (args) => mixed("wrapKey", args)],
  ["unwrapKey", (args) => mixed("unwrapKey", args)],
]);

function sign(args: readonly unknown[]): Promise<unknown> {
  const [algorithm, key, data] = args;
  if (!isSignPathCryptoKey(key)) return byOwner("sign", key, args);
  return bindingOf(key).sign(algorithm as AlgorithmIdentifier, key, data as BufferSource);
}

/** The operations with two keys, which are loaded only then. Meanwhile the caller may change what was given. */
async function mixed(
  operation: "deriveBits" | "deriveKey" | "wrapKey" | "unwrapKey",
  args: readonly unknown[],
): Promise<unknown> {
  const copies = args.map((argument) => snapshot(argument));
  const operations = await import("./composite/mixed.js");
  return operations[operation](copies);
}

function route(operation: string, arity: number, args: readonly unknown[]): Promise<unknown> {
  // Too few arguments: Node says so in its own words.
  if (args.length < arity) return callNative(operation, args);
  if (operation !== "sign" && [...args, otherParty(args[0])].some(isSignPathCryptoKey)) {
    throw remoteRefusal(operation);
  }
  const run = OPERATIONS.get(operation);
  return run === undefined ? callNative(operation, args) : run(args);
}

/** Whatever is wrong with the arguments arrives as a rejection. */
function routeSafely(operation: string, arity: number, args: readonly unknown[]): Promise<unknown> {
  try {
    return route(operation, arity, args);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A method that needs no receiver, with the name and the length of the native one. */
function method(name: string, length: number, run: (...args: unknown[]) => unknown): PropertyDescriptor {
  Object.defineProperties(run, { name: { value: name }, length: { value: length } });
  return { value: run, enumerable: true, configurable: true, writable: true };
}

function subtleMethods(): PropertyDescriptorMap {
  const methods: PropertyDescriptorMap = {};
  for (const [name, { length }] of nativeMethods) {
    methods[name] = method(name, length, (...args) => routeSafely(name, length, args));
  }
  return methods;
}

function cryptoMethods(): PropertyDescriptorMap {
  const methods: PropertyDescriptorMap = {
    subtle: { get: () => subtle, enumerable: true, configurable: true },
  };
  for (const [name, run] of nativeCryptoMethods) {
    methods[name] = method(name, run.length, (...args) => run(...args));
  }
  return methods;
}

/**
 * One `SubtleCrypto` for every kind of key, chosen by the key itself: a key held by SignPath signs remotely,
 * a native key goes to Node, a key of @peculiar/webcrypto goes there. `generateKey`, `importKey` and `digest`
 * try Node first and @peculiar/webcrypto, which is loaded only then, where Node has no such algorithm, curve or
 * hash. Where Node can, the result and the error are Node's.
 *
 * @example
 * const signature = await subtle.sign(key.algorithm, key, data);
 */
export const subtle: SubtleCrypto = Object.create(Object.create(SubtleCrypto.prototype, subtleMethods()));

/**
 * The `Crypto` that belongs to {@link subtle}; random values are Node's. It is one object for the whole
 * process, an `instanceof Crypto`, and open to properties, which some toolkits write on it.
 */
export const crypto: Crypto = Object.create(Object.create(Crypto.prototype, cryptoMethods()));
