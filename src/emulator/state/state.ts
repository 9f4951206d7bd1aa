import type { Ledger } from "../ledger/ledger.js";
import { LedgerFile } from "./ledger-file.js";
import { lockDirectory } from "./lock.js";

/** What a state directory had in it when the emulator started, and what becomes of it. */
export interface StateFound {
  readonly directory: string;
  /**
   * Whether the audit log is kept there. Emulators may share a directory's keys and accounts; the audit log is that of
   * the first one, and those of the others last as long as they do.
   */
  readonly keepsLog: boolean;
  /** Entries of the audit log. */
  readonly entries: number;
  /** Signing requests that wait for an approval. */
  readonly pending: number;
  /** Lines of the audit log that could not be read, and were passed over. */
  readonly unreadable: number;
}

/** The audit log's place in a state directory. */
export interface OpenState {
  readonly found: StateFound;
  close(): Promise<void>;
}

/** Reads the audit log of a directory into the ledger and keeps it there, unless another emulator does so already. */
export async function openState(directory: string, ledger: Ledger): Promise<OpenState> {
  const release = await lockDirectory(directory);
  if (release === undefined) {
    const found = { directory, keepsLog: false, entries: 0, pending: 0, unreadable: 0 };
    return { found, close: () => Promise.resolve() };
  }
  try {
    const { log, unreadable } = await LedgerFile.open(directory, ledger);
    return {
      found: { directory, keepsLog: true, entries: ledger.count, pending: ledger.pendingCount, unreadable },
      async close() {
        await log.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
