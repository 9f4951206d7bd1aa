import type { RequestEvent } from "../../api/transport/telemetry.js";
import type { Description } from "../errors/describe.js";

/** What happens while files are signed: plain data, which can cross from one process to another. */
export type BatchEvent =
  | { readonly event: "begun"; readonly file: string; readonly output: string; readonly bytes: number }
  /** So much more of a file was read. One that is read twice counts twice. */
  | { readonly event: "read"; readonly file: string; readonly bytes: number }
  /** A step of a request to SignPath, to a timestamp authority or for an issuer. */
  | { readonly event: "request"; readonly request: RequestEvent }
  /** The batch as a whole waits: another process has what is needed. Any event of a file ends that. */
  | { readonly event: "waiting"; readonly reason: string }
  /** Ctrl-C: nothing else is begun, what is in flight is finished. */
  | { readonly event: "stopping" }
  | SignedEvent
  | {
      readonly event: "unstamped";
      readonly file: string;
      readonly output: string;
      /** Length of the result. */
      readonly bytes: number;
    }
  | {
      readonly event: "skipped";
      readonly file: string;
      readonly output: string;
      /** Why there is nothing to do, in words that follow "skipped FILE: ". */
      readonly reason: string;
    }
  | {
      readonly event: "again";
      readonly file: string;
      /** Why a file that was signed before is signed again, in words that follow "signing FILE again: ". */
      readonly reason: string;
    }
  | { readonly event: "failed"; readonly file?: string; readonly failure: Description }
  | { readonly event: "interrupted"; readonly file: string }
  | { readonly event: "warning"; readonly code: string; readonly message: string };

/** A file has its signature. */
export interface SignedEvent {
  readonly event: "signed";
  readonly file: string;
  readonly output: string;
  readonly format: string;
  /** `project/policy`. */
  readonly policy: string;
  /** WebCrypto name. */
  readonly algorithm: string;
  readonly hash: string;
  /** Length of the result. */
  readonly bytes: number;
  readonly ms: number;
}

/** What is said of a signature before it is made. */
export type BatchFacts = Pick<SignedEvent, "format" | "hash" | "policy" | "algorithm">;

/** How a batch ended. */
export interface BatchSummary {
  readonly signed: number;
  readonly skipped: number;
  readonly failed: number;
  /** Files that were not begun: the batch was interrupted, or each of them would have failed alike. */
  readonly notTried: number;
  readonly interrupted: boolean;
  readonly ms: number;
}

/** Shows a batch to whoever waits for it. */
export interface BatchView {
  /** There are so many files, of so many bytes in all. */
  begin(files: number, bytes: number): void;
  show(event: BatchEvent): void;
  end(summary: BatchSummary): void;
}
