import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { removeUnfinished } from "../../base/replacement.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type SignalName = (typeof SIGNALS)[number];

/** How long a command may take to tidy up: less than what GitHub and Azure leave between SIGTERM and SIGKILL, 2.5 s. */
const GRACE_MS = 2000;

/** How long a read or a look-up of a name that was under way may take to end. */
const LAST_READ_MS = 500;
const POLL_MS = 20;

/** npm passes on a signal that the terminal has sent to all: twice within this time is once. */
const SAME_KEYSTROKE_MS = 500;

/**
 * Ctrl-C and its relatives: the first one aborts what is in flight, the second one ends the process. A command that can let
 * its work end puts a step before that, see {@link Interruption.finishAtFirst}.
 */
export class Interruption {
  readonly #stopping = new AbortController();
  readonly #controller = new AbortController();
  readonly #lastWords = new Set<() => void>();
  #name: SignalName | undefined;
  #at = 0;
  #finish: (() => void) | undefined;

  /** Fires at the first signal: nothing else is to be begun. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Fires when what is in flight is to be called off: at the first signal, unless that lets it end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 and the signal's number, as shells have it; `undefined` as long as there was none. */
  get exitCode(): number | undefined {
    return this.#name && 128 + constants.signals[this.#name];
  }

  listen(): void {
    for (const name of SIGNALS) process.on(name, () => this.#interrupt(name));
  }

  /**
   * From now on the first Ctrl-C fires {@link stopping} alone. SIGTERM and SIGHUP call off what is in flight at once all the
   * same: whoever sends them sends SIGKILL soon.
   *
   * @param told - is called at that Ctrl-C
   */
  finishAtFirst(told: () => void): void {
    this.#finish = told;
  }

  /**
   * Is called, synchronously, before a signal ends the process without anything else being done.
   *
   * @returns takes it back
   */
  beforeDeath(work: () => void): () => void {
    this.#lastWords.add(work);
    return () => {
      this.#lastWords.delete(work);
    };
  }

  /** What is to be done before `process.exit()`, which would wait for a read or a name server that hangs, and for ever. */
  async settle(): Promise<void> {
    const name = this.#name;
    if (name === undefined || !this.signal.aborted) return;
    for (let waited = 0; isWaiting(); waited += POLL_MS) {
      if (waited > LAST_READ_MS) this.#die(name);
      await delay(POLL_MS);
    }
  }

  #interrupt(name: SignalName): void {
    const now = performance.now();
    if (name === this.#name && now - this.#at <= SAME_KEYSTROKE_MS) return;
    if (this.signal.aborted) {
      this.#die(name);
      return;
    }
    const isFirst = this.#name === undefined;
    this.#name = name;
    this.#at = now;
    const reason = new Error(`interrupted by ${name}`);
    this.#stopping.abort(reason);
    if (isFirst && name === "SIGINT" && this.#finish !== undefined) {
      this.#finish();
      return;
    }
    setTimeout(() => this.#die(name), GRACE_MS).unref();
    this.#controller.abort(reason);
  }

  /** Ends the process as the signal does by itself, which a shell shows as the same exit code. */
  #die(name: SignalName): void {
    for (const work of this.#lastWords) work();
    removeUnfinished();
    process.removeAllListeners(name);
    process.kill(process.pid, name);
  }
}

/**
 * Whether a thread is in an operation on a file (of a named pipe without a writer, say, or of a network drive) or asks for the
 * address of a name.
 */
function isWaiting(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:FSReq|GetAddrInfo|GetNameInfo)/.test(name));
}
