import { tellOfRequest } from "../client.js";
import { duration } from "../shell/duration.js";
import type { Output } from "../shell/output.js";
import { visible } from "../shell/output.js";
import { tellOfFailure } from "../shell/session.js";
import type { Style } from "../shell/style.js";
import type { BatchEvent, BatchSummary, BatchView } from "../sign/events.js";
import { STREAM } from "../sign/plan.js";
import type { BatchProgress } from "./batch-progress.js";
import { summaryLines } from "./summary.js";
import { bytesText, filesText } from "./units.js";
import { waitingFor } from "./waiting.js";

/** After so long without a line there is one that says what is going on. */
const SILENCE_MS = 20_000;

/** How often that is looked at. */
const LOOK_MS = 1000;

/** A line for each file: on stderr for people, on stdout for programs where they have asked for JSON. */
export class LinesView implements BatchView {
  readonly #output: Output;
  readonly #progress: BatchProgress;
  #spokeAt = performance.now();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(output: Output, progress: BatchProgress) {
    this.#output = output;
    this.#progress = progress;
  }

  begin(): void {
    if (this.#output.quiet) return;
    this.#heartbeat = setInterval(() => this.#beat(), LOOK_MS).unref();
  }

  show(event: BatchEvent): void {
    if (tell(this.#output, event, this.#progress)) this.#spokeAt = performance.now();
  }

  end(summary: BatchSummary): void {
    clearInterval(this.#heartbeat);
    tellEnd(this.#output, summary, this.#progress);
  }

  #beat(): void {
    const now = performance.now();
    if (now - this.#spokeAt < SILENCE_MS) return;
    this.#spokeAt = now;
    const { files, all, bytes } = this.#progress;
    const doing = waitingFor(this.#progress, now);
    const read = all.bytes === 0 ? "" : `, ${bytesText(bytes)} of ${bytesText(all.bytes)}`;
    this.#output.talk(`at work: ${files} of ${filesText(all.files)}${read}${doing && `, ${doing}`}`);
  }
}

/** Tells of an event, if it is one to tell of; whether it was. */
export function tell(output: Output, event: BatchEvent, progress: BatchProgress): boolean {
  switch (event.event) {
    case "begun":
    case "read":
      return false;
    case "request":
      tellOfRequest(output, event.request);
      return event.request.type === "retry";
    case "failed":
      tellOfFailure(output, event.failure, event.file);
      return true;
    case "stopping":
      output.event({ event: "stopping", inFlight: progress.inFlight.size });
      output.talk(
        output.style.yellow(`finishing ${filesText(progress.inFlight.size)}; Ctrl-C again to stop`),
      );
      return true;
    case "waiting":
      output.event({ ...event });
      output.talk(`waiting: ${visible(event.reason)}`);
      return true;
    default:
      output.event({ ...event });
      return tellOfFile(output, event, progress);
  }
}

/** The last lines, for people. One file needs none: its own line says it all. */
export function tellEnd(output: Output, summary: BatchSummary, progress: BatchProgress): void {
  const isOne = progress.all.files <= 1 && !summary.interrupted;
  if (isOne || output.json || (output.quiet && summary.failed + summary.notTried === 0)) return;
  const lines = summaryLines(summary, progress, output.style);
  output.talk(...(summary.failed === 0 && summary.interrupted ? lines.slice(-1) : lines));
}

type OfFile = Extract<
  BatchEvent,
  { readonly event: "signed" | "unstamped" | "skipped" | "again" | "interrupted" | "warning" }
>;

function tellOfFile(output: Output, event: OfFile, { lastRead }: BatchProgress): boolean {
  const isTold = !output.json && !(output.quiet && event.event !== "warning" && event.event !== "unstamped");
  const read = output.verbose && event.event === "signed" ? `, ${bytesText(lastRead)} hashed` : "";
  if (isTold) output.talk(lineOf(event, output.style) + read);
  return isTold;
}

function lineOf(event: OfFile, { green, yellow }: Style): string {
  switch (event.event) {
    case "signed": {
      const { algorithm, hash, ms } = event;
      return `${green("signed")} ${wayOf(event)} (${visible(algorithm)}, ${visible(hash)}, ${duration(ms)})`;
    }
    case "unstamped":
      return `${yellow("signed")} ${wayOf(event)}, without a timestamp`;
    case "skipped":
      return `skipped ${visible(event.file)}: ${visible(event.reason)}`;
    case "again":
      return `signing ${visible(event.file)} again: ${visible(event.reason)}`;
    case "interrupted":
      return `${yellow("not signed:")} ${visible(event.file)}`;
    case "warning":
      return `${yellow("warning:")} ${visible(event.message)}`;
  }
}

function wayOf({ file, output }: { readonly file: string; readonly output: string }): string {
  return visible(`${file === STREAM ? "stdin" : file} -> ${output === STREAM ? "stdout" : output}`);
}
