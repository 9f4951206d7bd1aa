import { duration } from "../client.js";
import type { Output } from "../output.js";
import { visible } from "../output.js";
import type { BatchEvent, BatchSummary, BatchView } from "../sign/events.js";
import { STREAM } from "../sign/plan.js";

/** A line for each file: on stderr for people, on stdout for programs where they have asked for JSON. */
export class LinesView implements BatchView {
  readonly #output: Output;
  #files = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(files: number): void {
    this.#files = files;
  }

  show(event: BatchEvent): void {
    if (event.event === "begun" || event.event === "stage") return;
    if (event.event === "failed") {
      const { file, failure } = event;
      this.#output.event({ event: "failed", ...(file !== undefined && { file }), error: failure.json });
      const [first = "", ...more] = failure.lines;
      this.#output.talk(`error: ${first}`, ...more);
      return;
    }
    this.#output.event({ ...event });
    if (!this.#output.json) this.#output.talk(visible(lineOf(event)));
  }

  end({ signed, skipped, failed, notTried, interrupted }: BatchSummary): void {
    if (this.#output.json || (this.#files <= 1 && !interrupted)) return;
    const counts = [
      `${signed} signed`,
      `${skipped} skipped`,
      `${failed} failed`,
      `${notTried} not tried`,
    ].filter((text) => !text.startsWith("0 "));
    this.#output.talk(`${interrupted ? "interrupted: " : ""}${counts.join(", ")}`);
  }
}

type Told = Exclude<BatchEvent, { readonly event: "begun" | "stage" | "failed" }>;

function lineOf(event: Told): string {
  switch (event.event) {
    case "signed": {
      const { algorithm, hash, ms } = event;
      return `signed ${wayOf(event)} (${algorithm}, ${hash}, ${duration(ms)})`;
    }
    case "unstamped":
      return `signed ${wayOf(event)}, without a timestamp`;
    case "skipped":
      return `skipped ${event.file}: ${event.reason}`;
    case "again":
      return `signing ${event.file} again: ${event.reason}`;
    case "waiting":
      return `waiting: ${event.reason}`;
    case "interrupted":
      return `not signed: ${event.file}`;
    case "warning":
      return `warning: ${event.message}`;
  }
}

function wayOf({ file, output }: { readonly file: string; readonly output: string }): string {
  return `${file === STREAM ? "stdin" : file} -> ${output === STREAM ? "stdout" : output}`;
}
