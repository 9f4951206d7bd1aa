import { concat } from "../../../base/bytes.js";
import { Malformed } from "../asn1/limits.js";

const EMPTY = new Uint8Array(0);
const SMALLEST_BUFFER = 4096;

/** Bytes that come in chunks, read one after the other. What was taken is good until the next bytes are asked for. */
export class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = EMPTY;
  #offset = 0;
  #position = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** What is here already and not taken yet. */
  get pending(): Uint8Array {
    return this.#buffer.subarray(this.#offset);
  }

  /** Waits until so many bytes are here, or there are no more: then there are fewer. */
  async fill(bytes: number): Promise<Uint8Array> {
    while (this.#buffer.length - this.#offset < bytes && !this.#ended) {
      // A chunk is good until the next one is asked for.
      const rest = Uint8Array.from(this.pending);
      const { value, done } = await this.#chunks.next();
      this.#ended = done ?? false;
      this.#buffer = done ? rest : rest.length === 0 ? value : concat(rest, value);
      this.#offset = 0;
    }
    return this.pending;
  }

  /** Takes bytes that are here. */
  take(bytes: number): Uint8Array {
    const taken = this.#buffer.subarray(this.#offset, this.#offset + bytes);
    this.#offset += taken.length;
    this.#position += taken.length;
    return taken;
  }

  /** Takes exactly so many bytes, in a buffer of their own. */
  async exactly(bytes: number): Promise<Uint8Array> {
    // It grows with what comes: neither a length that is not there nor chunks of one byte take more memory than it.
    let buffer = new Uint8Array(Math.min(bytes, SMALLEST_BUFFER));
    for (let taken = 0; taken < bytes; ) {
      if (this.pending.length === 0 && (await this.fill(1)).length === 0)
        throw new Malformed("it ends before its end");
      const piece = this.take(bytes - taken);
      if (taken + piece.length > buffer.length) {
        const larger = new Uint8Array(Math.min(bytes, Math.max(buffer.length * 2, taken + piece.length)));
        larger.set(buffer);
        buffer = larger;
      }
      buffer.set(piece, taken);
      taken += piece.length;
    }
    return buffer;
  }

  /** Lets go of the source; harmless at its end. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.();
  }
}
