import { problem } from "./problem.js";
import type { Reply } from "./reply.js";

/** How many requests a second the API takes, as a token bucket. */
export interface RateLimit {
  /** How many tokens the bucket gains a second; each request takes one, or is answered with 429. */
  readonly requestsPerSecond: number;
  /** How many tokens the bucket holds, and has at the start; default: those of one second, at least one. */
  readonly burst?: number;
  /**
   * What `Retry-After` says of when there is a token again: `seconds` (the default) and `date` are rounded up to whole
   * seconds, `none` leaves it out.
   */
  readonly retryAfter?: "seconds" | "date" | "none";
}

/** What has become of the API's requests since the limit was set. */
export interface RateLimitCounts {
  readonly accepted: number;
  readonly rejected: number;
}

const RETRY_AFTER: ReadonlySet<unknown> = new Set(["seconds", "date", "none"]);
const NAMES: ReadonlySet<string> = new Set(["requestsPerSecond", "burst", "retryAfter"]);
const MOST = 1e9;

/** Lets so many requests through as the limit allows. */
export class RateLimiter {
  readonly #clock: () => number;
  #limit: Required<RateLimit> | undefined;
  #tokens = 0;
  #filledAt = 0;
  #accepted = 0;
  #rejected = 0;

  /** @param clock milliseconds, from any start, that never go back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  get limit(): RateLimit | undefined {
    return this.#limit;
  }

  get counts(): RateLimitCounts {
    return { accepted: this.#accepted, rejected: this.#rejected };
  }

  /** Sets the limit, or lifts it, and counts from the start. Throws a `TypeError` where it is malformed. */
  set(limit: RateLimit | undefined): void {
    this.#limit = limit === undefined ? undefined : completed(limit);
    this.#tokens = this.#limit?.burst ?? 0;
    this.#filledAt = this.#clock();
    this.#accepted = 0;
    this.#rejected = 0;
  }

  /** `undefined` for a request that may pass, the answer for one that may not. */
  admit(): Reply | undefined {
    if (this.#limit !== undefined && !this.#takeToken(this.#limit)) {
      this.#rejected++;
      return this.#rejection(this.#limit);
    }
    this.#accepted++;
    return undefined;
  }

  #takeToken({ requestsPerSecond, burst }: Required<RateLimit>): boolean {
    const now = this.#clock();
    const gained = ((now - this.#filledAt) / 1000) * requestsPerSecond;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #rejection({ requestsPerSecond, retryAfter }: Required<RateLimit>): Reply {
    const seconds = (1 - this.#tokens) / requestsPerSecond;
    const value = {
      none: undefined,
      seconds: String(Math.ceil(seconds)),
      date: new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString(),
    }[retryAfter];
    const detail = `There are more than ${requestsPerSecond} requests a second.`;
    return problem(429, detail, value === undefined ? {} : { "Retry-After": value });
  }
}

function completed(limit: RateLimit): Required<RateLimit> {
  if (typeof limit !== "object" || limit === null) throw new TypeError("A rate limit must be an object.");
  const unknown = Object.keys(limit).find((name) => !NAMES.has(name));
  if (unknown !== undefined) {
    throw new TypeError(`A rate limit has no '${unknown}'; it has ${[...NAMES].join(", ")}.`);
  }
  const { requestsPerSecond, retryAfter = "seconds" } = limit;
  positive("requestsPerSecond", requestsPerSecond);
  const burst = limit.burst ?? Math.max(1, Math.floor(requestsPerSecond));
  positive("burst", burst);
  if (!Number.isInteger(burst)) throw new TypeError(`burst must be a whole number, not ${burst}.`);
  if (!RETRY_AFTER.has(retryAfter)) {
    throw new TypeError(`retryAfter must be 'seconds', 'date' or 'none', not '${String(retryAfter)}'.`);
  }
  return { requestsPerSecond, burst, retryAfter };
}

function positive(name: string, value: number): void {
  if (typeof value !== "number" || !(value > 0 && value <= MOST)) {
    throw new TypeError(`${name} must be a number above 0, up to ${MOST}, not ${String(value)}.`);
  }
}
