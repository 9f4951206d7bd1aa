import { Output } from "../../output.js";
import type { BatchEvent, BatchSummary, BatchView } from "../events.js";
import type { FromWorker } from "./messages.js";

/** Tells the user's process, if it is still there. */
export function tell(message: FromWorker): void {
  // It may leave between the question and the message.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** The same, and waits until it is on its way. */
export function tellLast(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** What is written goes to the user's process. */
export class RelayedOutput extends Output {
  override data(data: string | Uint8Array): void {
    tell({ data });
  }

  override talk(...lines: readonly string[]): void {
    tell({ talk: lines });
  }
}

/** What is shown, too. */
export const relayedView: BatchView = {
  begin: (files: number, bytes: number) => tell({ begin: [files, bytes] }),
  show: (event: BatchEvent) => tell({ show: event }),
  end: (summary: BatchSummary) => tell({ end: summary }),
};
