import { resolve } from "node:path";
import type { Command } from "commander";
import { usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import { STREAM } from "../inputs/stream.js";

/** What the command line can say of journals. */
export interface JournalFlags {
  readonly journal?: string;
  readonly resume?: boolean;
}

/** The journal of `--resume` where none is named. */
const USUAL_JOURNAL = ".signpath-journal";

export function addJournalOptions(command: Command): Command {
  return command
    .option("--journal <file>", "remember in a file what is signed; run again, only the missing is signed")
    .option("--resume", `go on with the batch of --journal; default: ${USUAL_JOURNAL}`);
}

/** The journal that is meant, if any. */
export function journalOf({ journal, resume }: JournalFlags): string | undefined {
  return journal ?? (resume ? USUAL_JOURNAL : undefined);
}

/** @throws {CliError} `USAGE` for what a journal cannot remember */
export function checkJournalFlags(
  flags: JournalFlags & { readonly out?: string },
  files: readonly string[],
): void {
  const journal = journalOf(flags);
  if (journal === undefined) return;
  if (journal === "") throw usageError("--journal is empty");
  if (files.includes(STREAM))
    throw usageError("stdin cannot be in a journal: what it gave cannot be asked for again");
  if (flags.out === STREAM)
    throw usageError("--out - cannot be in a journal: what stdout took cannot be looked at");
  if (files.some((file) => resolve(file) === resolve(journal)))
    throw usageError(`${visible(journal)} is the journal, and is not signed`);
}
