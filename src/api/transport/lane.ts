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
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;

  /**
   * Watches what is on the lane: it expires after so long, unless the watch ends before. All that come share one timer, since
   * to make one for each takes several times as long.
   *
   * @param holding - whether the wait alone keeps the process alive, in place of a connection
   */
  watch(watched: Timed, limitMs: number, holding: boolean): void {
    this.#watched = watched;
    if (this.#timer === undefined || limitMs !== this.#limitMs) {
      clearTimeout(this.#timer);
      this.#limitMs = limitMs;
      this.#timer = setTimeout(() => this.#watched?.expire(), limitMs).unref();
    } else {
      this.#timer.refresh();
    }
    if (holding) this.#timer.ref();
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
    if (this.#timer?.hasRef()) this.#timer.unref();
  }
}
