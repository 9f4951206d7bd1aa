import type { Lane } from "./lane.js";

/** A call that waits for a lane. */
export interface Waiter {
  /** Whether it still waits. */
  readonly isWaiting: boolean;
  /** Takes the lane that it has waited for. */
  granted(lane: Lane): void;
  /** When it waits no longer for its first lane if the server goes on to answer nobody, by `performance.now()`. */
  readonly waitsUntil: number;
  /** The server has answered nobody for so long. */
  starved(): void;
}

/** How many served ones are kept at most before they are forgotten, and how many that left. */
const MOST_GONE = 4096;

/** Calls that wait, in their order. Each step takes the same time, however many they are. */
export class Waiters {
  #queue: Waiter[] = [];
  #head = 0;
  /** How many said that they leave, since those were last forgotten. */
  #left = 0;

  /** Adds one, which waits as long as it says so. */
  add(waiter: Waiter): void {
    this.#queue.push(waiter);
  }

  /** One of them does not wait any longer, and says so itself. */
  leave(): void {
    this.#left++;
    if (this.#left < MOST_GONE || this.#left < this.#queue.length / 2) return;
    this.#queue = this.#queue.slice(this.#head).filter(({ isWaiting }) => isWaiting);
    this.#head = 0;
    this.#left = 0;
  }

  /** Whether nobody waits any longer. */
  get isEmpty(): boolean {
    for (; this.#head < this.#queue.length; this.#head++) {
      if (this.#queue[this.#head]?.isWaiting) return false;
    }
    this.#trim();
    return true;
  }

  /** Who has waited longest, where somebody waits; see {@link isEmpty}. */
  get first(): Waiter | undefined {
    return this.isEmpty ? undefined : this.#queue[this.#head];
  }

  /** Gives the lane to whoever has waited longest. There must be one, see {@link isEmpty}. */
  serve(lane: Lane): void {
    const waiter = this.#queue[this.#head++];
    this.#trim();
    waiter?.granted(lane);
  }

  #trim(): void {
    if (this.#head === 0 || (this.#head < this.#queue.length && this.#head < MOST_GONE)) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
