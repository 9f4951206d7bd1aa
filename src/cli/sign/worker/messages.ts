import type { Outcome } from "../../shell/session.js";
import type { BatchEvent, BatchSummary } from "../events.js";
import type { SignFlags } from "../flags.js";

/** What is to be signed. */
export interface SignOrder {
  readonly files: readonly string[];
  readonly flags: SignFlags;
  /** As they were given to `signpath sign`. */
  readonly args: readonly string[];
}

/** From the user's process to the worker. */
export type ToWorker =
  | { readonly order: SignOrder; readonly argv: readonly string[] }
  /** Begins nothing else; the exit code is the signal's. */
  | { readonly stop: number }
  /** Calls off what is in flight. */
  | { readonly abort: number };

/** From the worker to the user's process. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly begin: readonly [files: number, bytes: number] }
  | { readonly show: BatchEvent }
  | { readonly end: BatchSummary }
  | { readonly data: string | Uint8Array }
  | { readonly talk: readonly string[] }
  | { readonly outcome: Outcome };
