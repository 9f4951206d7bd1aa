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

/**
 * What is to be told of a signal's abort. The signal itself has one listener for all: Node looks through all that a signal
 * has whenever one is added or taken off, which would take minutes where many calls share it.
 */
class Audience {
  readonly listeners = new Set<() => void>();

  /** In their order, but for those that are forgotten meanwhile. */
  readonly tell = (): void => {
    for (const listener of this.listeners) {
      this.listeners.delete(listener);
      listener();
    }
  };
}

const audiences = new WeakMap<AbortSignal, Audience>();

/** Has a function called when a signal that is not aborted yet is aborted; it must not throw. Any number may share a signal. */
export function onceAborted(signal: AbortSignal, listener: () => void): void {
  let audience = audiences.get(signal);
  if (audience === undefined) {
    audience = new Audience();
    audiences.set(signal, audience);
    signal.addEventListener("abort", audience.tell, { once: true });
  }
  audience.listeners.add(listener);
}

/** Undoes {@link onceAborted}. */
export function forgetAborted(signal: AbortSignal, listener: () => void): void {
  const audience = audiences.get(signal);
  if (audience === undefined || !audience.listeners.delete(listener) || audience.listeners.size > 0) return;
  audiences.delete(signal);
  signal.removeEventListener("abort", audience.tell);
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
    if (listener !== undefined) forgetAborted(signal, listener);
  }
}
