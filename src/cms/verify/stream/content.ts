import type { Header } from "../asn1/header.js";
import { LIMITS, Malformed, TooLarge } from "../asn1/limits.js";
import { TAG } from "../asn1/tags.js";
import type { Reader } from "./frame.js";

/** Takes pieces of the content in their order. A piece is good until it returns. */
export type ContentSink = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Hands on the bytes of an OCTET STRING of any size and form: primitive, or in pieces of definite or indefinite length
 * (X.690, section 8.7), in constant memory.
 *
 * @throws {Malformed}
 */
export async function readOctets(reader: Reader, header: Header, sink: ContentSink): Promise<void> {
  await new Octets(reader, sink).read(header, 0);
}

class Octets {
  readonly #reader: Reader;
  readonly #sink: ContentSink;
  readonly #begin: number;
  #pieces = 0;

  constructor(reader: Reader, sink: ContentSink) {
    this.#reader = reader;
    this.#sink = sink;
    this.#begin = reader.input.position;
  }

  async read(header: Header, depth: number): Promise<void> {
    this.#count();
    const inner = this.#reader.open(header);
    if (header.tag === TAG.octetString) return this.#piece(header.length ?? 0);
    if (header.tag !== TAG.constructedOctetString)
      throw new Malformed("a piece of the content is no OCTET STRING");
    if (depth >= LIMITS.contentDepth) throw new TooLarge("the pieces of the content are nested too deeply");
    for (;;) {
      const next = await this.#reader.peek(inner);
      if (next === undefined) break;
      await this.read(next, depth + 1);
    }
    await this.#reader.leave(inner);
  }

  /** Each piece costs time, whatever is in it. */
  #count(): void {
    this.#pieces += 1;
    const bytes = this.#reader.input.position - this.#begin;
    if (this.#pieces > LIMITS.contentPieces && this.#pieces * LIMITS.bytesPerPiece > bytes)
      throw new TooLarge("the content is in too many pieces that are too small");
  }

  async #piece(length: number): Promise<void> {
    const { input } = this.#reader;
    for (let missing = length; missing > 0; ) {
      if (input.pending.length === 0 && (await input.fill(1)).length === 0)
        throw new Malformed("it ends before its end");
      const chunk = input.take(missing);
      missing -= chunk.length;
      await this.#sink(chunk);
    }
  }
}
