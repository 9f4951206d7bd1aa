/**
 * The checksum of a PE image: the sum of its 16-bit words with carries added at the low end, and its length. The field of the
 * checksum itself counts as zero. Windows requires it of drivers and of what is loaded at the start.
 */
export class Checksum {
  #sum = 0;
  /** The first byte of a word whose second one is still to come. */
  #half: number | undefined;

  /** Adds bytes that follow those before. */
  add(bytes: Uint8Array): this {
    let index = 0;
    let sum = 0;
    if (this.#half !== undefined && bytes.length > 0) {
      sum += this.#half + (bytes[index++] ?? 0) * 0x100;
      this.#half = undefined;
    }
    for (const end = bytes.length - 1; index < end; index += 2)
      sum += (bytes[index] ?? 0) + (bytes[index + 1] ?? 0) * 0x100;
    if (index < bytes.length) this.#half = bytes[index];
    // Below 2^53 for pieces of any size that there is.
    this.#sum = folded(this.#sum + sum);
    return this;
  }

  /** @param size - of the whole image in bytes */
  value(size: number): number {
    return (folded(this.#sum + (this.#half ?? 0)) + size) % 2 ** 32;
  }
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest % 0x10000) + Math.floor(rest / 0x10000);
  return rest;
}
