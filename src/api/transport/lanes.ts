import { performance } from "node:perf_hooks";
import type { Failure } from "./failure.js";
import { Lane } from "./lane.js";
import { Outage } from "./outage.js";
import type { Pace } from "./pace.js";
import { Throttle } from "./throttle.js";
import type { Waiter } from "./waiters.js";
import { Waiters } from "./waiters.js";

/**
 * The limit of requests in flight, and of requests a second where the server has one. Each request has a lane, and so a
 * connection, of its own; the lane that became free last is used first, so that calls one after the other share one
 * connection. Calls that wait are served in order; those whose deadline runs already come first, and those that others wait for.
 * Where the server answers nobody, the rest do not wait longer than they may take.
 */
export class Lanes {
  readonly throttle: Pace;
  readonly outage: Outage = new Outage();
  readonly #free: Lane[] = [];
  readonly #all: Lane[] = [];
  readonly #limit: number;
  readonly #first = new Waiters();
  readonly #fresh = new Waiters();
  #isServing = false;
  /** Until the next turn that the throttle grants. */
  #timer: NodeJS.Timeout | undefined;
  /** Until somebody has waited too long for a server that answers nobody. */
  #starving: NodeJS.Timeout | undefined;
  #starvesAt = Number.POSITIVE_INFINITY;

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
    if (this.outage.failure !== undefined) this.#starveLater();
  }

  /** An attempt failed that might succeed later. */
  failed(failure: Failure): void {
    this.outage.failed(failure, performance.now());
    this.#starveLater();
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

  #starveLater(): void {
    const waiter = this.#fresh.first;
    if (waiter === undefined || waiter.waitsUntil >= this.#starvesAt) return;
    clearTimeout(this.#starving);
    this.#starvesAt = waiter.waitsUntil;
    this.#starving = setTimeout(() => this.#starve(), Math.max(0, this.#starvesAt - performance.now()));
  }

  #starve(): void {
    this.#endStarving();
    const soon = performance.now() + 1;
    for (let waiter = this.#fresh.first; waiter !== undefined && waiter.waitsUntil <= soon; ) {
      waiter.starved();
      waiter = this.#fresh.first;
    }
    if (this.outage.failure !== undefined) this.#starveLater();
  }

  #endStarving(): void {
    clearTimeout(this.#starving);
    this.#starving = undefined;
    this.#starvesAt = Number.POSITIVE_INFINITY;
  }

  /** Where nobody waits for the next turn, timers would do no more than keep the process alive. */
  #endIdleTimer(): void {
    if (this.#timer === undefined && this.#starving === undefined) return;
    if (!this.#isIdle) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endStarving();
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
