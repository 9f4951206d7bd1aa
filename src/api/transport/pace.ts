/** When requests may be sent to one server. Times are those of `performance.now()`. */
export interface Pace {
  /** Whether there is no limit. */
  readonly isOpen: boolean;
  /** How long it is to the next turn, in milliseconds; 0 where it has come. */
  waitMs(now: number): number;
  /** A request takes its turn, which has come. */
  take(now: number): void;
  /** The request that took its turn last is not sent, after all. */
  untaken(): void;
  /** A request was not refused. */
  accepted(now: number): void;
  /** A request was refused because there were too many. */
  refused(now: number, sentAt: number, retryAfterMs: number | undefined): void;
}
