import type { Lane } from "./lane.js";

/** A call that waits for a lane. */
interface Waiter {
  /** Takes the lane; `undefined` once the wait was called off. */
  grant: ((lane: Lane) => void) | undefined;
  readonly isWanted: () => boolean;
}

/** How many served ones are kept at most before they are forgotten. */
const MOST_SERVED = 4096;

/** Calls that wait, in their order. Each step takes the same time, however many they are. */
export class Waiters {
  #queue: Waiter[] = [];
  #head = 0;

  /** Adds one that waits as long as it is wanted; the function that it returns calls the wait off. */
  add(grant: (lane: Lane) => void, isWanted: () => boolean): () => void {
    const waiter: Waiter = { grant, isWanted };
    this.#queue.push(waiter);
    return () => {
      waiter.grant = undefined;
    };
  }

  /** Whether anybody still waits. */
  get isEmpty(): boolean {
    for (; this.#head < this.#queue.length; this.#head++) {
      const waiter = this.#queue[this.#head];
      if (waiter?.grant !== undefined && waiter.isWanted()) return false;
    }
    this.#trim();
    return true;
  }

  /** Gives the lane to whoever has waited longest. There must be one, see {@link isEmpty}. */
  serve(lane: Lane): void {
    const waiter = this.#queue[this.#head++];
    this.#trim();
    waiter?.grant?.(lane);
  }

  #trim(): void {
    if (this.#head === 0 || (this.#head < this.#queue.length && this.#head < MOST_SERVED)) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
