import { performance } from "node:perf_hooks";
import type { Pace } from "./pace.js";
import { Throttle } from "./throttle.js";

/** When the next request to an address may be sent, for the whole process. */
const turns = new Map<string, number>();

/** How many addresses are remembered before those are forgotten whose next turn has come. */
const MOST_ADDRESSES = 256;

/** At most so many requests a second to one address from this process; fewer where the server refuses some. */
export class FixedPace implements Pace {
  readonly isOpen = false;
  readonly #address: string;
  readonly #intervalMs: number;
  readonly #throttle = new Throttle();

  constructor(address: string, requestsPerSecond: number) {
    this.#address = address;
    this.#intervalMs = 1000 / requestsPerSecond;
  }

  waitMs(now: number): number {
    return Math.max(this.#throttle.waitMs(now), (turns.get(this.#address) ?? 0) - now, 0);
  }

  take(now: number): void {
    this.#throttle.take(now);
    if (turns.size >= MOST_ADDRESSES) forget();
    turns.set(this.#address, now + this.#intervalMs);
  }

  untaken(): void {
    this.#throttle.untaken();
  }

  accepted(now: number): void {
    this.#throttle.accepted(now);
  }

  refused(now: number, sentAt: number, retryAfterMs: number | undefined): void {
    this.#throttle.refused(now, sentAt, retryAfterMs);
  }
}

function forget(): void {
  const now = performance.now();
  for (const [address, nextAt] of turns) if (nextAt <= now) turns.delete(address);
}
