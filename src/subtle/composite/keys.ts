import { looksLikeKey, snapshot } from "./arguments.js";
import type { Engine } from "./engine.js";
import { callNative, isNativeKey, native } from "./native.js";

/** The engine that made `key`; `undefined` for what is no key, or the key of a stranger. */
export async function ownerOf(key: unknown): Promise<Engine | undefined> {
  if (isNativeKey(key)) return native;
  return looksLikeKey(key) ? strangersOwner(key) : undefined;
}

/** The library's part of this package is loaded only for a key that is not Node's. */
async function strangersOwner(key: unknown): Promise<Engine | undefined> {
  const { peculiarOwner } = await import("../peculiar/peculiar.js");
  return peculiarOwner(key);
}

/** Runs an operation where its key lives. What nobody owns goes to Node, for Node's own error. */
export async function byOwner(operation: string, key: unknown, args: readonly unknown[]): Promise<unknown> {
  if (isNativeKey(key) || !looksLikeKey(key)) return callNative(operation, args);
  const copies = args.map((argument) => snapshot(argument));
  const engine = await strangersOwner(key);
  return engine === undefined ? callNative(operation, args) : engine.call(operation, copies);
}
