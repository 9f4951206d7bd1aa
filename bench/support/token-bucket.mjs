import { performance } from "node:perf_hooks";

/** Grants so many a second; what was not used is kept for one second. */
export class TokenBucket {
  #perSecond;
  #tokens;
  #filledAt = performance.now();

  constructor(perSecond) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
  }

  /** Whether there was a token. */
  take() {
    const now = performance.now();
    const fresh = ((now - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + fresh);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
