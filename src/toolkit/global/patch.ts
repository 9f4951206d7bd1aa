import { webcrypto } from "node:crypto";
import { SignPathError } from "../../base/errors.js";

/**
 * Takes over a call, or leaves it to others by `undefined`. It must not throw: whatever is wrong arrives as a rejection, as
 * with every method of `SubtleCrypto`.
 */
export type CallHandler = (receiver: unknown, args: readonly unknown[]) => Promise<unknown> | undefined;

/**
 * What stands behind a patched method. Copies of this package in one realm share it, so this is a contract between versions:
 * a change of it needs another {@link PATCH}.
 */
interface MethodPatch {
  /** The method as it was found. */
  readonly original: Method;
  /** Who may take a call; the patch is there as long as one is left. */
  readonly handlers: Set<CallHandler>;
}

type Method = (...args: readonly unknown[]) => unknown;

/** Under this name a patched method gives its {@link MethodPatch}; it is no property, so nobody else meets it. */
const PATCH: unique symbol = Symbol.for("signpath-webcrypto.global.1");

/** Where the methods of every `SubtleCrypto` of this realm are, whatever has become of the global names. */
const prototype: object = Object.getPrototypeOf(webcrypto.subtle);

/**
 * Lets a handler take calls of a method of `SubtleCrypto`.
 *
 * @returns the undo, to be called once. With the last handler the method is put back as it was found; if somebody has put a
 * method of theirs over it since, the patch stays below and passes everything on
 * @throws {SignPathError} `CONFIG_INVALID` if the method cannot be replaced
 */
export function handleCalls(name: string, handler: CallHandler): () => void {
  const patch = patchOf(methodOf(name)) ?? replaceByPatch(name);
  patch.handlers.add(handler);
  return () => {
    patch.handlers.delete(handler);
    if (patch.handlers.size === 0) putBack(name, patch);
  };
}

function replaceByPatch(name: string): MethodPatch {
  const original = methodOf(name);
  if (original === undefined) throw notReplaceable(name);
  const patch: MethodPatch = { original, handlers: new Set() };
  if (!setMethod(name, patchedMethod(patch))) throw notReplaceable(name);
  return patch;
}

function putBack(name: string, patch: MethodPatch): void {
  // Where the prototype was frozen meanwhile, the patch stays and passes everything on.
  if (patchOf(methodOf(name)) === patch) setMethod(name, patch.original);
}

/** A proxy has the name, the length, the prototype and every property of its target, in each version of Node. */
function patchedMethod(patch: MethodPatch): Method {
  const method: Method = new Proxy(patch.original, {
    apply(original, receiver: unknown, args: readonly unknown[]) {
      for (const handler of patch.handlers) {
        const answer = handler(receiver, args);
        if (answer !== undefined) return answer;
      }
      return Reflect.apply(original, receiver, args);
    },
    get(original, property, receiver) {
      // What somebody derives from this method or puts around it is not the patch.
      return property === PATCH && receiver === method ? patch : Reflect.get(original, property, receiver);
    },
  });
  return method;
}

function patchOf(method: (Method & { readonly [PATCH]?: MethodPatch }) | undefined): MethodPatch | undefined {
  return method?.[PATCH];
}

function methodOf(name: string): Method | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  return typeof value === "function" ? (value as Method) : undefined;
}

/** Replaces a method and leaves its property's attributes as they are; false if that is not possible. */
function setMethod(name: string, value: Method): boolean {
  return Reflect.defineProperty(prototype, name, { value });
}

function notReplaceable(name: string): SignPathError {
  const message = `SubtleCrypto.prototype.${name} is frozen or no method, so the global WebCrypto cannot be made to sign with keys in SignPath: call install() before it is frozen, or pass this package's subtle or crypto to who signs`;
  return new SignPathError("CONFIG_INVALID", message, { stage: "config" });
}
