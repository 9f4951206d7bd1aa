import type { Pace } from "./pace.js";

/** After the server said that it was too much: so much of what it accepted is asked for at first. */
const DECREASE = 0.85;

/** How much the rate rises in any case, in requests a second, each second: at low rates clients that share a limit need it. */
const INCREASE = 0.5;

/** How steeply it rises beside that at first, in requests a second, by the cube of seconds. */
const FIRST_STEEPNESS = 24;

/** However flat or steep the rise is, the rate that was accepted before is come back to in times between these. */
const LONGEST_RECOVERY_S = 8;
const SHORTEST_RECOVERY_S = 0.5;

/**
 * So long it is to take until the server says so again, and so many requests: then few are refused. What came sooner or later
 * makes the rise less steep or steeper, at most by these factors.
 */
const CYCLE_MS = 6000;
const CYCLE_REQUESTS = 40;
const MOST_FLATTENING = 0.05;
const MOST_STEEPENING = 4;

/** How long nothing is sent after a refusal that names no time; doubled while refusals go on. */
const FIRST_PAUSE_MS = 180;
const LONGEST_PAUSE_MS = 8000;

/** A turn that is so close is taken at once: timers are no finer. */
const CLOSE_MS = 1;

/** How late a turn may be taken without a later one being put off. */
const LATE_MS = 20;

/** However long the server asks for, somebody asks again after this. */
const LONGEST_STOP_MS = 60_000;

/** A server that has refused nothing for so long is taken to have no limit any more. */
const FORGET_MS = 300_000;

/** The least rate, in requests a second. */
const LEAST_RATE = 1;

/**
 * Each answer is evidence for or against a limit: that of Wald's sequential test between a share of refusals that is met by
 * chance and one that a limit makes, never below zero (Page's CUSUM).
 */
const BY_CHANCE = 0.015;
const BY_LIMIT = 0.06;
const REFUSAL_WEIGHT = Math.log(BY_LIMIT / BY_CHANCE);
const ACCEPTANCE_WEIGHT = Math.log((1 - BY_CHANCE) / (1 - BY_LIMIT));

/** So much evidence shows a limit at the lowest rates: three refusals, close to each other, or two where one is known. */
const LEAST_PROOF = 3;
const LEAST_PROOF_AGAIN = 2.7;
/** It grows with the logarithm of the rate, so that chance convicts no more often per hour where there are more answers. */
const PROOF_BY_RATE = 2;
const LOW_RATE = 50;

/** How far back it is counted what was accepted. */
const WINDOW_MS = 1000;

/**
 * One client's rate of requests. There is no limit until the server says that there is one (429, `Retry-After`); from then on
 * requests are spaced, below the rate that was accepted before, which is then approached again, passed slowly and left behind
 * ever faster, as in CUBIC (RFC 9438, section 4.2): most of the time close to the server's limit, seldom above it. How steeply
 * the rate rises does not depend on the rate: of clients that share a limit those with little of it gain as much as those with
 * much, which lose more each time, so that they come to share it evenly. Times are those of `performance.now()`.
 */
export class Throttle implements Pace {
  readonly #history = new History();
  #rate = Number.POSITIVE_INFINITY;
  /** The rate that was accepted before the last refusal. */
  #ceiling = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #steepness = FIRST_STEEPNESS;
  /** Until the rate is again what was accepted before, in seconds. */
  #recovery = 0;
  #pausedUntil = 0;
  #pauseMs = FIRST_PAUSE_MS;
  /** That there is a limit, see {@link REFUSAL_WEIGHT}. */
  #evidence = 0;
  #nextAt = 0;

  /** Whether there is no limit. */
  get isOpen(): boolean {
    return this.#rate === Number.POSITIVE_INFINITY;
  }

  /** How long it is to the next turn, in milliseconds; 0 where it has come. */
  waitMs(now: number): number {
    if (this.isOpen) return 0;
    const wait = Math.max(this.#nextAt, this.#pausedUntil) - now;
    return wait < CLOSE_MS ? 0 : wait;
  }

  /** A request takes its turn, which has come. */
  take(now: number): void {
    if (this.isOpen) return;
    this.#recover(now);
    // What a late timer has lost is made up for.
    this.#nextAt = Math.max(this.#nextAt, now - LATE_MS) + 1000 / this.#rate;
  }

  /** The request that took its turn last is not sent, after all. */
  untaken(): void {
    if (!this.isOpen) this.#nextAt -= 1000 / this.#rate;
  }

  /** A request was not refused. */
  accepted(now: number): void {
    this.#history.add(now);
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#evidence = Math.max(0, this.#evidence - ACCEPTANCE_WEIGHT);
  }

  /**
   * A request was refused because there were too many.
   *
   * @param sentAt - those that were sent before the last pause ended tell nothing new
   */
  refused(now: number, sentAt: number, retryAfterMs: number | undefined): void {
    if (sentAt < this.#pausedUntil - CLOSE_MS) return;
    const isFirst = this.isOpen;
    const goesOn = this.#pauseMs > FIRST_PAUSE_MS;
    this.#evidence += REFUSAL_WEIGHT;
    const isAskedFor = isFirst && retryAfterMs !== undefined && retryAfterMs > 0;
    if (this.#evidence < this.#proof(now) && !goesOn && !isAskedFor) return;
    this.#evidence = 0;
    // What a server with a known limit asks of one request is not what it needs of all.
    const asked = (isFirst || goesOn ? retryAfterMs : undefined) ?? 0;
    if (!goesOn) this.#decrease(now, isFirst);
    // To ask for no time at all, or for next to none, would be to ask for a storm.
    const pauseMs = asked < FIRST_PAUSE_MS ? this.#pauseMs : Math.min(asked, LONGEST_STOP_MS);
    this.#pausedUntil = now + pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#refusedAt = now;
    this.#nextAt = this.#pausedUntil;
  }

  #proof(now: number): number {
    const rate = this.#history.since(now - WINDOW_MS);
    return (
      (this.isOpen ? LEAST_PROOF : LEAST_PROOF_AGAIN) + PROOF_BY_RATE * Math.log(Math.max(1, rate / LOW_RATE))
    );
  }

  #decrease(now: number, isFirst: boolean): void {
    const accepted = this.#history.since(now - WINDOW_MS);
    const isMeasured = !isFirst && now - this.#refusedAt >= WINDOW_MS;
    const known = isFirst || isMeasured ? accepted : this.#rate;
    this.#ceiling = Math.max(LEAST_RATE, Math.min(known, this.#rate));
    this.#rate = Math.max(LEAST_RATE, this.#ceiling * DECREASE);
    // Never 0, though the least rate is never left: the steepness has bounds by it.
    const lost = this.#ceiling * (1 - DECREASE);
    const flattest = lost / LONGEST_RECOVERY_S ** 3;
    const steepest = Math.max(FIRST_STEEPNESS, lost / SHORTEST_RECOVERY_S ** 3);
    const steepness = isFirst ? FIRST_STEEPNESS : this.#steepness * this.#correction(now);
    this.#steepness = Math.min(steepest, Math.max(flattest, steepness));
    this.#recovery = Math.cbrt(lost / this.#steepness);
  }

  /** The time that a rise takes is to the cube root of its steepness. */
  #correction(now: number): number {
    const wantedMs = Math.max(CYCLE_MS, (CYCLE_REQUESTS * 1000) / this.#ceiling);
    // A pause that the server asked for is not the rise's doing.
    const tookMs = FIRST_PAUSE_MS + now - this.#pausedUntil;
    const factor = (tookMs / wantedMs) ** 3;
    return Math.min(MOST_STEEPENING, Math.max(MOST_FLATTENING, factor));
  }

  #recover(now: number): void {
    const elapsed = now - this.#pausedUntil;
    if (elapsed > FORGET_MS) {
      this.#rate = Number.POSITIVE_INFINITY;
      return;
    }
    if (elapsed < 0) return;
    const seconds = elapsed / 1000;
    const cubic = this.#ceiling + this.#steepness * (seconds - this.#recovery) ** 3;
    this.#rate = Math.max(LEAST_RATE, cubic) + INCREASE * seconds;
  }
}

const SLOT_MS = 50;
const SLOTS = WINDOW_MS / SLOT_MS;

/** How many were accepted lately, by slots of time. */
class History {
  readonly #counts = new Int32Array(SLOTS + 1);
  #newest = 0;

  add(at: number): void {
    const slot = Math.floor(at / SLOT_MS);
    if (slot > this.#newest) this.#forget(slot);
    const index = slot % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  since(at: number): number {
    let sum = 0;
    const first = Math.max(Math.floor(at / SLOT_MS) + 1, this.#newest - this.#counts.length + 1);
    for (let slot = first; slot <= this.#newest; slot++) sum += this.#counts[slot % this.#counts.length] ?? 0;
    return sum;
  }

  #forget(newest: number): void {
    const first = Math.max(this.#newest + 1, newest - this.#counts.length + 1);
    for (let slot = first; slot <= newest; slot++) this.#counts[slot % this.#counts.length] = 0;
    this.#newest = newest;
  }
}
