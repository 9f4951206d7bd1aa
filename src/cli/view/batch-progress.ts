import type { RequestEvent } from "../../api/transport/telemetry.js";
import type { BatchEvent } from "../sign/events.js";
import { Failures } from "./failures.js";
import type { Amount } from "./rate.js";

/** A file that is being signed. */
interface InFlight {
  readonly bytes: number;
  read: number;
}

/** A request without an end so far. */
export interface OpenCall {
  readonly what: string;
  /** When it is tried again, and why; `undefined` while it is under way. */
  readonly retry: { readonly at: number; readonly code: string } | undefined;
}

/** After a refusal for being too fast, a file that waits for its turn is held back by that. */
const THROTTLED_MS = 30_000;

/** How far a batch is, as its events tell. Times are those of `performance.now()`. */
export class BatchProgress {
  all: Amount = { files: 0, bytes: 0 };
  readonly failures: Failures = new Failures();
  readonly inFlight: Map<string, InFlight> = new Map();
  readonly calls: Map<number, OpenCall> = new Map();
  /** Files that have an end. */
  files = 0;
  failed = 0;
  retries = 0;
  isStopping = false;
  /** Bytes that were read of the file that ended last. */
  lastRead = 0;
  /** What all wait for. */
  reason: string | undefined;
  #bytes = 0;
  #throttledUntil = Number.NEGATIVE_INFINITY;

  /** Of files that have an end, and what was read of the others. */
  get bytes(): number {
    let sum = this.#bytes;
    for (const { read } of this.inFlight.values()) sum += read;
    return sum;
  }

  isThrottled(now: number): boolean {
    return now < this.#throttledUntil;
  }

  add(event: BatchEvent, now: number): void {
    switch (event.event) {
      case "begun":
        this.reason = undefined;
        this.inFlight.set(event.file, { bytes: event.bytes, read: 0 });
        return;
      case "read":
        this.#read(event.file, event.bytes);
        return;
      case "request":
        this.#request(event.request, now);
        return;
      case "waiting":
        this.reason = event.reason;
        return;
      case "stopping":
        this.isStopping = true;
        return;
      case "failed":
        this.failures.add(event.failure, event.file);
        if (event.file === undefined) return;
        this.failed++;
        this.#ended(event.file);
        return;
      case "signed":
      case "skipped":
      case "interrupted":
        this.#ended(event.file);
        return;
      case "unstamped":
      case "warning":
        return;
    }
  }

  #read(file: string, bytes: number): void {
    const reading = this.inFlight.get(file);
    // Of attached content there is a second reading, and a pipe may give what nobody announced.
    if (reading !== undefined) reading.read = Math.min(reading.read + bytes, reading.bytes);
  }

  #ended(file: string): void {
    const { bytes = 0, read = 0 } = this.inFlight.get(file) ?? {};
    this.#bytes += bytes;
    this.lastRead = read;
    this.inFlight.delete(file);
    this.files++;
    this.reason = undefined;
  }

  #request(event: RequestEvent, now: number): void {
    const { call, what } = event;
    if (event.type === "attempt") this.calls.set(call, { what, retry: undefined });
    if (event.type === "answer" || event.type === "failure") this.calls.delete(call);
    if (event.type !== "retry") return;
    this.retries++;
    this.calls.set(call, { what, retry: { at: now + event.delayMs, code: event.code } });
    if (event.code === "THROTTLED") this.#throttledUntil = now + event.delayMs + THROTTLED_MS;
  }
}
