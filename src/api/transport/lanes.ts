import { performance } from "node:perf_hooks";
import { Lane } from "./lane.js";
import type { Pace } from "./pace.js";
import { Throttle } from "./throttle.js";
import type { Waiter } from "./waiters.js";
import { Waiters } from "./waiters.js";

/**
 * The limit of requests in flight, and of requests a second where the server has one. Each request has a lane, and so a
 * connection, of its own; the lane that became free last is used first, so that calls one after the other share one
 * connection. Calls that wait are served in order; those whose deadline runs already come first, and those that others wait for.
 */
export class Lanes {
  readonly throttle: Pace;
  readonly #free: Lane[] = [];
  readonly #all: Lane[] = [];
  readonly #limit: number;
  readonly #first = new Waiters();
  readonly #fresh = new Waiters();
  #isServing = false;
  /** Until the next turn that the throttle grants. */
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, pace: Pace = new Throttle()) {
    this.throttle = pace;
    this.#limit = limit;
  }

  /** A lane, if one is to be had at once. */
  take(): Lane | undefined {
    if (!this.#hasLane() || !this.#isTurn() || !this.#isIdle) return undefined;
    return this.#takeLane();
  }

  /**
   * Waits for a lane.
   *
   * @param isAhead - whether it comes before the others, because it has had a lane before, or they wait for it
   */
  wait(waiter: Waiter, isAhead: boolean): void {
    this.#waiters(isAhead).add(waiter);
    if (this.#hasLane()) this.#serveLater();
  }

  /** One that has waited so far does not any longer. */
  leave(isAhead: boolean): void {
    this.#waiters(isAhead).leave();
    this.#endIdleTimer();
  }

  /** Gives a lane back: to the call that has waited longest, if any. */
  release(lane: Lane): void {
    this.#free.push(lane);
    this.#serve();
  }

  /** Every lane that was ever opened. */
  get all(): readonly Lane[] {
    return this.#all;
  }

  /** Whether nobody waits. */
  get #isIdle(): boolean {
    return this.#first.isEmpty && this.#fresh.isEmpty;
  }

  #waiters(isAhead: boolean): Waiters {
    return isAhead ? this.#first : this.#fresh;
  }

  /** A call that gives its lane back as soon as it has it is no reason to begin anew: thousands would be one in the other. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      this.#serveAll();
    } finally {
      this.#isServing = false;
    }
    this.#endIdleTimer();
  }

  #serveAll(): void {
    while (this.#hasLane()) {
      const waiters = this.#waiters(!this.#first.isEmpty);
      if (waiters.isEmpty) return;
      if (!this.#isTurn()) {
        this.#serveLater();
        return;
      }
      waiters.serve(this.#takeLane());
    }
  }

  #serveLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#serve();
    }, this.throttle.waitMs(performance.now()));
  }

  /** Where nobody waits for the next turn, the timer would do no more than keep the process alive. */
  #endIdleTimer(): void {
    if (this.#timer === undefined || !this.#isIdle) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hasLane(): boolean {
    return this.#free.length > 0 || this.#all.length < this.#limit;
  }

  /** Whether a request may be sent now. */
  #isTurn(): boolean {
    return this.throttle.isOpen || this.throttle.waitMs(performance.now()) === 0;
  }

  #takeLane(): Lane {
    if (!this.throttle.isOpen) this.throttle.take(performance.now());
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const opened = new Lane();
    this.#all.push(opened);
    return opened;
  }
}
