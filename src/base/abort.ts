import { setMaxListeners } from "node:events";

/**
 * Whether a value can be a call's signal: none, or an `AbortSignal` of whatever realm.
 */
export function isSignal(value: unknown): value is AbortSignal | null | undefined {
  if (value == null) return true;
  if (typeof value !== "object" || !("aborted" in value)) return false;
  return isMethod(value, "addEventListener") && isMethod(value, "removeEventListener");
}

function isMethod(object: object, name: string): boolean {
  return typeof Reflect.get(object, name) === "function";
}

/** @throws {TypeError} for a value that cannot be a call's signal */
export function requireSignal(value: unknown): void {
  if (!isSignal(value)) throw new TypeError("signal must be an AbortSignal");
}

/** Listens for a signal's abort. Any number of calls may share a signal, without Node's warning about a leak. */
export function onceAborted(signal: AbortSignal, listener: () => void): void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
}

/**
 * `promise`, unless the signal fires first: then it fails with what `onAbort` makes of the signal's reason. For work
 * that is shared with other callers and must go on without this one.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => Error,
): Promise<T> {
  if (signal == null) return promise;
  let listener: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    listener = () => reject(onAbort(signal.reason));
    if (signal.aborted) listener();
    else onceAborted(signal, listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (listener !== undefined) signal.removeEventListener("abort", listener);
  }
}
