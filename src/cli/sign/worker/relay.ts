import { Output } from "../../shell/output.js";
import type { BatchEvent, BatchSummary, BatchView } from "../events.js";
import type { FromWorker } from "./messages.js";

/** What is told within so long goes as one: a message costs more than what it says. */
const GATHERING_MS = 10;

const waiting: FromWorker[] = [];
let timer: NodeJS.Timeout | undefined;

/** Tells the user's process, if it is still there. */
export function tell(message: FromWorker): void {
  waiting.push(message);
  timer ??= setTimeout(() => send(() => undefined), GATHERING_MS);
}

/** The same, and waits until it is on its way. */
export function tellLast(message: FromWorker): Promise<void> {
  waiting.push(message);
  return new Promise((resolve) => send(resolve));
}

function send(onSent: () => void): void {
  clearTimeout(timer);
  timer = undefined;
  const messages = waiting.splice(0);
  // It may leave between the question and the message.
  if (process.connected && process.send) process.send(messages, undefined, undefined, onSent);
  else onSent();
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
