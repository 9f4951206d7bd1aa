import { performance } from "node:perf_hooks";

/** Timers are as late as this, in milliseconds; what is nearer is waited for by turning round. */
const TIMERS_LATENESS_MS = 1.5;

/** Does things a fixed time after they were asked for, exact to a few microseconds, which Node's timers are not. */
export class DelayLine {
  delayMs = 0;
  #queue = [];
  #head = 0;
  #isRunning = false;

  add(action) {
    this.#queue.push({ at: performance.now() + this.delayMs, action });
    if (!this.#isRunning) this.#run();
  }

  #run = () => {
    const now = performance.now();
    while (this.#queue[this.#head]?.at <= now) this.#queue[this.#head++].action();
    if (this.#head > 1000) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#isRunning = this.#head < this.#queue.length;
    if (!this.#isRunning) return;
    const wait = this.#queue[this.#head].at - now - TIMERS_LATENESS_MS;
    if (wait >= 1) setTimeout(this.#run, Math.floor(wait));
    else setImmediate(this.#run);
  };
}
