import type { Interruption } from "../shell/interruption.js";
import type { Output } from "../shell/output.js";
import type { BatchEvent, BatchSummary, BatchView } from "../sign/events.js";
import type { BatchProgress } from "./batch-progress.js";
import { tell, tellEnd } from "./lines.js";
import { LiveLine } from "./live-line.js";
import { RateMeter } from "./rate.js";
import { statusLine } from "./status-line.js";

/** How often the line is drawn at most. */
const DRAW_MS = 100;

/** What is done before that needs no line: it would only flicker. */
const FIRST_MS = 400;

/** Of more files each one that goes well is counted and not named. */
const MOST_NAMED = 20;

/** A line at the bottom of the terminal that says how far the batch is; what is to stay scrolls by above it. */
export class TerminalView implements BatchView {
  readonly #output: Output;
  readonly #progress: BatchProgress;
  readonly #interruption: Interruption;
  readonly #line = new LiveLine(process.stderr);
  readonly #begin = performance.now();
  readonly #onResize = (): void => this.#draw();
  #meter = new RateMeter(this.#begin);
  #timer: NodeJS.Timeout | undefined;
  #survive: (() => void) | undefined;

  constructor(output: Output, progress: BatchProgress, interruption: Interruption) {
    this.#output = output;
    this.#progress = progress;
    this.#interruption = interruption;
  }

  begin(): void {
    const now = performance.now();
    this.#meter = new RateMeter(now);
    this.#output.live = this.#line;
    this.#survive = this.#interruption.beforeDeath(() => this.#close());
    this.#timer = setInterval(() => this.#draw(), DRAW_MS).unref();
    process.stderr.on("resize", this.#onResize);
  }

  show(event: BatchEvent): void {
    const isCounted = event.event === "signed" || event.event === "skipped";
    if (isCounted && this.#progress.all.files > MOST_NAMED && !this.#output.verbose) return;
    // It stands in the line already, with the time running down.
    if (event.event === "request" && event.request.type === "retry" && !this.#output.verbose) return;
    tell(this.#output, event, this.#progress);
  }

  end(summary: BatchSummary): void {
    this.#close();
    tellEnd(this.#output, summary, this.#progress);
  }

  #draw(): void {
    const now = performance.now();
    const { files, bytes } = this.#progress;
    this.#meter.add(now, { files, bytes });
    if (now - this.#begin < FIRST_MS) return;
    const { columns } = this.#line;
    this.#line.set(statusLine(this.#progress, this.#meter, now, columns, this.#output.style));
  }

  #close(): void {
    clearInterval(this.#timer);
    process.stderr.off("resize", this.#onResize);
    this.#line.end();
    this.#output.live = undefined;
    this.#survive?.();
  }
}
