import { Malformed } from "./limits.js";
import { TAG } from "./tags.js";
import type { Value } from "./value.js";
import { childrenOf } from "./value.js";

/** The fields of a SEQUENCE, in their order. */
export class Fields {
  readonly #name: string;
  readonly #values: readonly Value[];
  #next = 0;

  /** @param name - of the type, for messages */
  constructor(value: Value, name: string, tag: number = TAG.sequence) {
    if (value.tag !== tag) throw new Malformed(`${name} has another tag`);
    this.#name = name;
    this.#values = childrenOf(value);
  }

  /** The next field, which must be there; of any type unless its tags are given. */
  take(name: string, ...tags: readonly number[]): Value {
    const value = this.#values[this.#next];
    if (value === undefined || (tags.length > 0 && !tags.includes(value.tag)))
      throw new Malformed(`${this.#name} has no ${name} where it should be`);
    this.#next += 1;
    return value;
  }

  /** The next field, if it has one of these tags; without tags, whatever it is. */
  optional(...tags: readonly number[]): Value | undefined {
    const value = this.#values[this.#next];
    if (value === undefined || (tags.length > 0 && !tags.includes(value.tag))) return undefined;
    this.#next += 1;
    return value;
  }

  /** There must be no more. */
  end(): void {
    if (this.#next < this.#values.length)
      throw new Malformed(`${this.#name} has more fields than it may have`);
  }
}
