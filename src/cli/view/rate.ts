/** How far a batch is: files with an end, and bytes read. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

interface Sample extends Amount {
  readonly at: number;
}

/** Over how long a rate is taken, and how often it is looked at. */
const WINDOW_MS = 15_000;
const SAMPLE_MS = 500;

/** Before this nothing is said of the time that is left. */
const FIRST_MS = 3000;

/** Where nothing has come about for so long, nobody knows how long it will take. */
const STALL_MS = 10_000;

/** Of fewer files, or of a smaller share of the bytes, nothing can be told of the others. */
const LEAST_FILES = 8;
const LEAST_SHARE = 0.03;

/** Where files are as large as this on average, it is their bytes that take the time. */
const LARGE_BYTES = 256 * 1024 * 1024;

/** How fast a batch is, lately, and how long it will take. Times are those of `performance.now()`. */
export class RateMeter {
  readonly #begin: number;
  readonly #samples: Sample[];
  #movedAt: number;

  constructor(now: number) {
    this.#begin = now;
    this.#movedAt = now;
    this.#samples = [{ at: now, files: 0, bytes: 0 }];
  }

  add(now: number, { files, bytes }: Amount): void {
    const last = this.#samples.at(-1);
    if (last === undefined || last.files !== files || last.bytes !== bytes) this.#movedAt = now;
    if (last !== undefined && now - last.at < SAMPLE_MS) return;
    this.#samples.push({ at: now, files, bytes });
    while ((this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
  }

  /** Per second. */
  rate(now: number, { files, bytes }: Amount): Amount {
    const first = this.#samples[0];
    const seconds = first === undefined ? 0 : (now - first.at) / 1000;
    if (first === undefined || seconds <= 0) return { files: 0, bytes: 0 };
    return { files: (files - first.files) / seconds, bytes: (bytes - first.bytes) / seconds };
  }

  /** In milliseconds; `undefined` where it cannot be said honestly. */
  timeLeft(now: number, done: Amount, all: Amount): number | undefined {
    if (now - this.#begin < FIRST_MS || now - this.#movedAt > STALL_MS) return undefined;
    const rate = this.rate(now, done);
    const byFiles = ((all.files - done.files) / rate.files) * 1000;
    const byBytes = done.bytes >= all.bytes ? 0 : ((all.bytes - done.bytes) / rate.bytes) * 1000;
    const areLarge = all.bytes / all.files >= LARGE_BYTES && done.bytes / all.bytes >= LEAST_SHARE;
    // Small files wait for the service, large ones for the disk, and either may come last.
    const left = done.files >= LEAST_FILES ? Math.max(byFiles, byBytes) : areLarge ? byBytes : undefined;
    return Number.isFinite(left) ? left : undefined;
  }
}
