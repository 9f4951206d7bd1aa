import { performance } from "node:perf_hooks";
import type { Connection } from "./dispatcher.js";

/** Something that has to end in time. */
export interface Timed {
  /** The time is up. */
  expire(): void;
}

/** One connection's worth of dispatcher: at most one request is on it at a time. */
export class Lane {
  dispatcher: Connection | undefined;
  #watched: Timed | undefined;
  #deadline = 0;
  #holding = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, at the latest. */
  #firesAt = 0;

  /**
   * Watches what is on the lane: it expires at the deadline, unless the watch ends before. All that come share one timer, which
   * is moved only where it would fire too late: to set one for each takes several times as long.
   *
   * @param deadline - by the clock of `performance.now()`
   * @param holding - whether the wait alone keeps the process alive, in place of a connection
   */
  watch(watched: Timed, now: number, deadline: number, holding: boolean): void {
    this.#watched = watched;
    this.#deadline = deadline;
    this.#holding = holding;
    if (this.#timer === undefined || deadline < this.#firesAt) this.#setTimer(now);
    else if (holding) this.#timer.ref();
  }

  #setTimer(now: number): void {
    clearTimeout(this.#timer);
    const waitMs = Math.max(1, Math.ceil(this.#deadline - now));
    this.#firesAt = now + waitMs;
    this.#timer = setTimeout(() => this.#fire(), waitMs);
    if (!this.#holding) this.#timer.unref();
  }

  #fire(): void {
    this.#timer = undefined;
    if (this.#watched === undefined) return;
    const now = performance.now();
    if (now >= this.#deadline) this.#watched.expire();
    else this.#setTimer(now);
  }

  /** Ends the connection, and the timer for good. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { dispatcher } = this;
    this.dispatcher = undefined;
    await dispatcher?.destroy();
  }

  endWatch(): void {
    this.#watched = undefined;
    if (this.#holding) this.#timer?.unref();
    this.#holding = false;
  }
}
