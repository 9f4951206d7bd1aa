import type { Failure } from "./failure.js";

/** Whether one server answers anybody. Times are those of `performance.now()`, in milliseconds. */
export class Outage {
  /** When the first attempt failed that no answer followed. */
  #since: number | undefined;
  /** Since when all of them fail with what there is little patience with. */
  #impatientSince = 0;
  #failure: Failure | undefined;

  /** There was an answer, of whatever kind, that stands. */
  answered(): void {
    this.#since = undefined;
  }

  /** An attempt failed, and might succeed later. */
  failed(failure: Failure, now: number): void {
    const goesOn = this.#since !== undefined && this.#failure?.patienceMs !== undefined;
    if (!goesOn) this.#impatientSince = now;
    this.#since ??= now;
    this.#failure = failure;
  }

  /** How the last attempt failed, where the server answers nobody. */
  get failure(): Failure | undefined {
    return this.#since === undefined ? undefined : this.#failure;
  }

  /**
   * When somebody gives up who cannot even ask: after the time that a call may take from when it began to wait, or from when
   * the server ceased to answer, whichever was later. Never, while the server answers.
   */
  endOfPatience(waitsSince: number, totalTimeoutMs: number): number {
    if (this.#since === undefined) return Number.POSITIVE_INFINITY;
    const end = Math.max(waitsSince, this.#since) + totalTimeoutMs;
    const patienceMs = this.#failure?.patienceMs;
    if (patienceMs === undefined) return end;
    return Math.min(end, Math.max(waitsSince, this.#impatientSince) + patienceMs);
  }
}
