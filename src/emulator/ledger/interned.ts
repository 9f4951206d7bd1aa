const KEPT = 64;
/** Longer ones are seldom repeated. */
const MAX_LENGTH = 16 * 1024;

/**
 * Makes one object of equal ones: whoever signs ten thousand files sends the same metadata with each. What it gives is
 * not to be changed.
 */
export class Interned {
  /** By their JSON; a Map gives its oldest entry first. */
  readonly #known = new Map<string, unknown>();
  /** Those that were given out, which come back when a log is read. */
  readonly #given = new WeakSet<object>();

  /** With the bytes that the value takes: none where it was there already. */
  intern(value: unknown): { readonly value: unknown; readonly bytes: number } {
    if (value === undefined) return { value, bytes: 0 };
    if (typeof value === "object" && value !== null) {
      if (this.#given.has(value)) return { value, bytes: 0 };
      this.#given.add(value);
    }
    const text = JSON.stringify(value);
    if (text.length > MAX_LENGTH) return { value, bytes: text.length };
    if (this.#known.has(text)) return { value: this.#known.get(text), bytes: 0 };
    this.#known.set(text, value);
    if (this.#known.size > KEPT) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return { value, bytes: text.length };
  }
}
