import { concatAll } from "../../../base/bytes.js";
import type { Header } from "../asn1/header.js";
import { LONGEST_HEADER, readHeader } from "../asn1/header.js";
import { LIMITS, Malformed, TooLarge } from "../asn1/limits.js";
import { CONSTRUCTED } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { readValue } from "../asn1/value.js";
import type { Input } from "./input.js";

/** A constructed value that is being read. */
export interface Frame {
  /** Where it ends; `undefined` for an indefinite length. */
  readonly end: number | undefined;
}

/** The source itself, around everything. */
export const OUTSIDE: Frame = { end: undefined };

/** Reads values from a source, with what is in one read whole or step by step. */
export class Reader {
  readonly input: Input;
  #bytesLeft: number = LIMITS.bytes;

  constructor(input: Input) {
    this.input = input;
  }

  /** The next header without taking it. `undefined` at the end of the frame. */
  async peek(frame: Frame): Promise<Header | undefined> {
    if (await this.#isAtEnd(frame)) return undefined;
    const enough = this.input.pending.length >= LONGEST_HEADER;
    const header = readHeader(enough ? this.input.pending : await this.input.fill(LONGEST_HEADER), 0);
    if (header === undefined) throw new Malformed("it ends before its end");
    const { length, size } = header;
    if (frame.end !== undefined && this.input.position + size + (length ?? 0) > frame.end)
      throw new Malformed("a value reaches beyond the one that it is in");
    return header;
  }

  async #isAtEnd({ end }: Frame): Promise<boolean> {
    if (end !== undefined) return this.input.position >= end;
    const pending = this.input.pending.length >= 2 ? this.input.pending : await this.input.fill(2);
    return pending.length === 0 || (pending[0] === 0 && pending[1] === 0);
  }

  /** Takes the header of a value with this tag; its frame. */
  async enter(frame: Frame, tag: number, name: string): Promise<Frame> {
    const header = await this.peek(frame);
    if (header?.tag !== tag) throw new Malformed(`${name} is not where it should be`);
    return this.open(header);
  }

  /** Takes a header that was seen; its frame. */
  open({ length, size }: Header): Frame {
    this.input.take(size);
    return { end: length === undefined ? undefined : this.input.position + length };
  }

  /** Takes the end of a frame, which must be here. */
  async leave(frame: Frame): Promise<void> {
    if (!(await this.#isAtEnd(frame))) throw new Malformed("a value has more in it than it may have");
    if (frame.end === undefined) {
      if (this.input.pending.length < 2) throw new Malformed("it ends before its end");
      this.input.take(2);
    } else if (this.input.position !== frame.end) {
      throw new Malformed("a value reaches beyond the one that it is in");
    }
  }

  /** The source must have ended. */
  async finish(): Promise<void> {
    if ((await this.input.fill(1)).length > 0) throw new Malformed("it is followed by something else");
  }

  /** Takes a whole value into memory, within what may be there in all. */
  async whole(header: Header): Promise<Value> {
    return readValue(await this.#collect(header));
  }

  async #collect(header: Header): Promise<Uint8Array> {
    if (header.length !== undefined) return this.#exactly(header.size + header.length);
    const pieces: Uint8Array[] = [];
    let open = 0;
    for (let elements = 0; ; elements++) {
      if (elements > LIMITS.elements * 2)
        throw new TooLarge("there are too many values of indefinite length");
      const pending = await this.input.fill(LONGEST_HEADER);
      if (pending[0] === 0) {
        pieces.push(await this.#exactly(2));
        open -= 1;
      } else {
        const next = readHeader(pending, 0);
        if (next === undefined) throw new Malformed("it ends before its end");
        const isOpen = next.length === undefined;
        if (isOpen && (next.tag & CONSTRUCTED) !== 0) open += 1;
        if (open > LIMITS.depth) throw new TooLarge("values are nested too deeply");
        pieces.push(await this.#exactly(next.size + (next.length ?? 0)));
      }
      if (open === 0) return concatAll(pieces);
    }
  }

  async #exactly(bytes: number): Promise<Uint8Array> {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0)
      throw new TooLarge(`there are more than ${LIMITS.bytes} bytes beside the content`);
    return this.input.exactly(bytes);
  }
}
