/** The newest entries of an endless sequence: adding one costs the same, however many came before. */
export class Ring<T> {
  readonly #capacity: number;
  readonly #entries: (T | undefined)[] = [];
  #oldest = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Gives the entry that had to go, if any. */
  push(entry: T): T | undefined {
    const dropped = this.#size === this.#capacity ? this.shift() : undefined;
    this.#entries[this.#place(this.#size)] = entry;
    this.#size++;
    return dropped;
  }

  /** Drops the oldest. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const dropped = this.#entries[this.#oldest];
    this.#entries[this.#oldest] = undefined;
    this.#oldest = this.#place(1);
    this.#size--;
    return dropped;
  }

  /** Counted from the oldest. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.#size ? this.#entries[this.#place(index)] : undefined;
  }

  /** Oldest first. */
  toArray(): T[] {
    const all: T[] = [];
    for (let index = 0; index < this.#size; index++) {
      const entry = this.at(index);
      if (entry !== undefined) all.push(entry);
    }
    return all;
  }

  #place(index: number): number {
    return (this.#oldest + index) % this.#capacity;
  }
}
