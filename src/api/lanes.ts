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

  endWatch(): void {
    this.#watched = undefined;
    if (this.#timer?.hasRef()) this.#timer.unref();
  }
}

interface Waiter {
  /** Takes the lane, or `undefined` once it has been called off. */
  grant: ((lane: Lane) => void) | undefined;
  readonly isWanted: () => boolean;
}

/**
 * The limit of requests in flight. Each has a lane, and so a connection, of its own; the lane that became free
 * last is used first, so that calls one after the other share one connection. Waiting calls are served in order,
 * at a cost that does not depend on how many they are.
 */
export class Lanes {
  readonly #free: Lane[] = [];
  readonly #all: Lane[] = [];
  readonly #limit: number;
  #queue: (Waiter | undefined)[] = [];
  #head = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A lane, if one is free at once. */
  take(): Lane | undefined {
    const lane = this.#free.pop();
    if (lane !== undefined || this.#all.length >= this.#limit) return lane;
    const opened = new Lane();
    this.#all.push(opened);
    return opened;
  }

  /** Waits for a lane, as long as it is wanted; the function that it returns calls the wait off. */
  wait(grant: (lane: Lane) => void, isWanted: () => boolean = () => true): () => void {
    const waiter: Waiter = { grant, isWanted };
    this.#queue.push(waiter);
    return () => {
      waiter.grant = undefined;
    };
  }

  /** Gives a lane back: to the call that has waited longest, if any. */
  release(lane: Lane): void {
    while (this.#head < this.#queue.length) {
      const waiter = this.#queue[this.#head];
      this.#queue[this.#head++] = undefined;
      if (this.#head === this.#queue.length || this.#head >= 4096) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      if (waiter?.grant !== undefined && waiter.isWanted()) {
        waiter.grant(lane);
        return;
      }
    }
    this.#free.push(lane);
  }

  /** Every lane that was ever opened. */
  get all(): readonly Lane[] {
    return this.#all;
  }
}
