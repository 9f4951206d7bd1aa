import type { RetryConfig } from "../../config/config.js";

/** How an attempt failed, as far as that decides about another one. */
export interface FailedAttempt {
  /** Whether waiting may help: a broken connection, a time-out, 408, 429, 5xx. */
  readonly transient: boolean;
  /** Whether the server may have acted on the request all the same. */
  readonly ambiguous: boolean;
  /** What the server asked for by `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  /** For how long it is worth waiting at most, where that is shorter than for others. */
  readonly patienceMs?: number | undefined;
}

/** The longest delay that is drawn; `Retry-After` can ask for more. */
const LONGEST_DELAY_MS = 30_000;

/** With less time than this an attempt could hardly succeed, but might well make another signing request. */
const SHORTEST_ATTEMPT_MS = 10;

/** Enough to reach it from any first delay; without a bound, none at all would double to what is not a number. */
const MOST_DOUBLINGS = 32;

/**
 * How long to wait before the next attempt: exponential with full jitter, and not before the server's
 * `Retry-After`. `undefined` where there must be none: it would not help, it might sign twice and that is not
 * wanted, or the deadline would pass first.
 *
 * @param attempt - number of the failed attempt, from 1
 * @param elapsedMs - since the call began
 * @param repeatable - whether repeating the request is free of side effects
 */
export function nextDelayMs(
  failed: FailedAttempt,
  attempt: number,
  elapsedMs: number,
  repeatable: boolean,
  config: RetryConfig,
  random: () => number = Math.random,
): number | undefined {
  if (!failed.transient || attempt > config.maxRetries) return undefined;
  if (failed.ambiguous && !repeatable && !config.retryAmbiguous) return undefined;
  const ceiling = Math.min(
    LONGEST_DELAY_MS,
    config.firstDelayMs * 2 ** Math.min(attempt - 1, MOST_DOUBLINGS),
  );
  const delay = Math.max(random() * ceiling, failed.retryAfterMs ?? 0);
  return elapsedMs + delay <= config.totalTimeoutMs - SHORTEST_ATTEMPT_MS ? delay : undefined;
}

/**
 * The delay where there is little patience with a failure: the last attempt is made when that ends.
 *
 * @param lastedMs - since the call first failed that way, without another failure in between
 */
export function patientDelayMs(
  delayMs: number | undefined,
  { patienceMs }: FailedAttempt,
  lastedMs: number,
): number | undefined {
  if (delayMs === undefined || patienceMs === undefined) return delayMs;
  return lastedMs < patienceMs ? Math.min(delayMs, patienceMs - lastedMs) : undefined;
}

/** The three forms of an HTTP date (RFC 9110, section 5.6.7); the last, of asctime, names no time zone and means UTC. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/;

/**
 * The delay that a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds or an HTTP date), in
 * milliseconds; `undefined` for anything else.
 *
 * @param nowMs - the time by the clock that the date is of, see {@link serverTimeMs}
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const trimmed = value.trim();
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1000;
  const date = parseHttpDate(trimmed);
  return date === undefined ? undefined : Math.max(0, date - nowMs);
}

/**
 * The time by the server's clock, which the dates that it names are of: what its `Date` header says (RFC 9110, section
 * 6.6.1), or else this machine's time.
 */
export function serverTimeMs(date: string | undefined, nowMs: number): number {
  return (date === undefined ? undefined : parseHttpDate(date.trim())) ?? nowMs;
}

function parseHttpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const date = Date.parse(/\d{4}$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(date) ? undefined : date;
}
