/** So much memory is taken at once: what is copied lives shortly, and to take it piece by piece costs more than the copies. */
const SLAB_BYTES = 64 * 1024;

/** Copies of short-lived bytes, side by side in memory that is taken in large pieces and never used twice. */
export class Slab {
  #memory: Buffer<ArrayBuffer> = Buffer.alloc(0);
  #used = 0;

  /** A copy that nobody else writes to. */
  copy(bytes: Uint8Array): Buffer<ArrayBuffer> {
    const { length } = bytes;
    const begin = this.#used;
    if (begin + length > this.#memory.length) return this.#copyToNext(bytes);
    this.#used = begin + length;
    const copy = this.#memory.subarray(begin, this.#used);
    copy.set(bytes);
    return copy;
  }

  #copyToNext(bytes: Uint8Array): Buffer<ArrayBuffer> {
    // What is large would leave much of the memory that is begun unused.
    if (bytes.length > SLAB_BYTES / 4) return Buffer.from(bytes);
    this.#memory = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#used = 0;
    return this.copy(bytes);
  }
}
