import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { removeUnfinished } from "../base/replacement.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type SignalName = (typeof SIGNALS)[number];

/** How long a command may take to tidy up. */
const GRACE_MS = 3000;

/** How long a read that was under way may take to end. */
const LAST_READ_MS = 500;
const POLL_MS = 20;

/** npm passes on a signal that the terminal has sent to all: twice within this time is once. */
const SAME_KEYSTROKE_MS = 500;

/** Ctrl-C and its relatives: the first one aborts what is in flight, the second one ends the process. */
export class Interruption {
  readonly #controller = new AbortController();
  #name: SignalName | undefined;
  #at = 0;

  /** Fires when nothing else is to be begun. */
  get stopping(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fires at the first signal. */
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

  /** What is to be done before `process.exit()`, which would wait for a read that hangs, and for ever. */
  async settle(): Promise<void> {
    const name = this.#name;
    if (name === undefined) return;
    for (let waited = 0; isReading(); waited += POLL_MS) {
      if (waited > LAST_READ_MS) die(name);
      await delay(POLL_MS);
    }
  }

  #interrupt(name: SignalName): void {
    if (this.#name !== undefined) {
      if (performance.now() - this.#at > SAME_KEYSTROKE_MS) die(name);
      return;
    }
    this.#name = name;
    this.#at = performance.now();
    setTimeout(() => die(name), GRACE_MS).unref();
    this.#controller.abort(new Error(`interrupted by ${name}`));
  }
}

/** Whether an operation on a file is under way: of a named pipe without a writer, say, or of a network drive. */
function isReading(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));
}

/** Ends the process as the signal does by itself, which a shell shows as the same exit code. */
function die(name: SignalName): void {
  removeUnfinished();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
