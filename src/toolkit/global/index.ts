import { webcrypto } from "node:crypto";
import { isSignPathCryptoKey } from "../../key/crypto-key.js";
import { nativeMethods } from "../../subtle/composite/native.js";
import { subtle } from "../../subtle/composite.js";
import type { CallHandler } from "./patch.js";
import { handleCalls } from "./patch.js";

/** Takes an {@link install} back: call it, or declare it with `using`. A second call does nothing. */
export interface Uninstall extends Disposable {
  (): void;
}

/** They make keys and hashes and are given none of ours. */
const WITHOUT_KEY: ReadonlySet<string> = new Set(["digest", "generateKey", "importKey"]);

/**
 * Lets the global WebCrypto of this realm sign with keys in SignPath, for libraries that call `crypto.subtle.sign` of their
 * own accord and take no other `SubtleCrypto`:
 *
 * ```ts
 * const uninstall = install();
 * try {
 *   const key = policy.privateKey({ name: "ECDSA", hash: "SHA-256" });
 *   const jwt = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key);
 * } finally {
 *   uninstall(); // or `using _ = install();` instead of all that
 * }
 * ```
 *
 * The methods of `SubtleCrypto.prototype` that take a key are replaced, so that who holds `crypto.subtle` already is reached
 * too; who took a method itself out of it before (`const { sign } = crypto.subtle`) is not. `sign` with a key of a policy
 * does what {@link subtle} does. Every other method refuses such a key with the `InvalidAccessError` that the specification
 * has for a key that is not extractable and is for `sign` only. All other calls go to the method that was there, with the
 * same receiver and arguments: results and errors are its own. Names, lengths and properties are the same; to be seen is that
 * the methods are other objects, that `Function.prototype.toString` gives `function () { [native code] }`, and on Node before
 * 24 that `util.types.isAsyncFunction` says no.
 *
 * It can be installed any number of times, also by several copies of this package, each for its own keys; the undos may be
 * called in any order, and with the last one the methods are put back. Signatures under way are finished. It holds for this
 * realm: a worker thread has its own WebCrypto and its own client, and calls `install()` itself (a key cannot be sent there).
 *
 * jose 6 (`SignJWT`, `CompactSign`, `FlattenedSign`, `GeneralSign`), oauth4webapi 3 and openid-client 6 (`private_key_jwt`,
 * signed request objects, DPoP) and the `worker` build of @auth0/cose 1.0 were run with it. They compare the algorithm of the
 * key with that of the header and sign with nothing else: one RSA key needs a `policy.privateKey` for each of RS256, PS256 …
 *
 * @returns the undo, which is a `Disposable` as well
 * @throws {SignPathError} `CONFIG_INVALID` if `SubtleCrypto.prototype` is frozen; nothing is changed then
 */
export function install(): Uninstall {
  const undos: (() => void)[] = [];
  const uninstall = (): void => {
    for (const undo of undos.splice(0)) undo();
  };
  try {
    for (const [name, { length }] of nativeMethods) {
      if (!WITHOUT_KEY.has(name)) undos.push(handleCalls(name, handlerOf(name, length)));
    }
  } catch (error) {
    uninstall();
    throw error;
  }
  return Object.assign(uninstall, { [Symbol.dispose]: uninstall });
}

/**
 * Takes the calls with a key of this copy of the package. Another receiver and too few arguments are for the native method to
 * refuse, in its own words. This must take no call that {@link subtle} passes on to the native method: where a second copy
 * of the package was loaded after the first was installed, that is the patched one.
 */
function handlerOf(name: string, length: number): CallHandler {
  const method = subtle[name as keyof SubtleCrypto] as (...args: readonly unknown[]) => Promise<unknown>;
  const isOurs =
    name === "sign"
      ? ([, key]: readonly unknown[]) => isSignPathCryptoKey(key)
      : (args: readonly unknown[]) => args.some(isSignPathCryptoKey);
  return (receiver, args) =>
    receiver === webcrypto.subtle && args.length >= length && isOurs(args) ? method(...args) : undefined;
}
