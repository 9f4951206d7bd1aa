import { duration, tellOfRequest } from "../client.js";
import type { Output } from "../output.js";
import { visible } from "../output.js";
import { tellOfFailure } from "../session.js";
import type { BatchEvent, BatchSummary, BatchView } from "../sign/events.js";
import { STREAM } from "../sign/plan.js";

/** A line for each file: on stderr for people, on stdout for programs where they have asked for JSON. */
export class LinesView implements BatchView {
  readonly #output: Output;
  readonly #inFlight = new Set<string>();
  #files = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(files: number): void {
    this.#files = files;
  }

  show(event: BatchEvent): void {
    this.#count(event);
    switch (event.event) {
      case "begun":
      case "read":
        return;
      case "request":
        tellOfRequest(this.#output, event.request);
        return;
      case "failed":
        tellOfFailure(this.#output, event.failure, event.file);
        return;
      case "stopping":
        this.#output.event({ event: "stopping", inFlight: this.#inFlight.size });
        this.#output.talk(`finishing ${files(this.#inFlight.size)}; Ctrl-C again to stop`);
        return;
      case "waiting":
        this.#output.event({ ...event });
        if (event.reason !== undefined) this.#output.talk(visible(`waiting for ${event.reason}`));
        return;
      default:
        this.#output.event({ ...event });
        if (!this.#output.json) this.#output.talk(visible(lineOf(event)));
    }
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

  #count(event: BatchEvent): void {
    if (event.event === "begun") this.#inFlight.add(event.file);
    else if (ENDS.has(event.event) && "file" in event && event.file !== undefined)
      this.#inFlight.delete(event.file);
  }
}

const ENDS: ReadonlySet<BatchEvent["event"]> = new Set(["signed", "skipped", "failed", "interrupted"]);

function files(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

type Told = Extract<
  BatchEvent,
  { readonly event: "signed" | "unstamped" | "skipped" | "interrupted" | "warning" }
>;

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
    case "interrupted":
      return `not signed: ${event.file}`;
    case "warning":
      return `warning: ${event.message}`;
  }
}

function wayOf({ file, output }: { readonly file: string; readonly output: string }): string {
  return `${file === STREAM ? "stdin" : file} -> ${output === STREAM ? "stdout" : output}`;
}
