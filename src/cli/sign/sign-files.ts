import { stat } from "node:fs/promises";
import { usageError } from "../cli-error.js";
import { visible } from "../output.js";
import type { Outcome, Session } from "../session.js";
import { makeView } from "../view/make-view.js";
import { checkUsage } from "./flags.js";
import { checkJournalFlags, journalOf } from "./journal/flags.js";
import { signHere } from "./sign-here.js";
import type { SignOrder } from "./worker/messages.js";

/** Signs files as the command line says: here, or with a journal in a process of its own. */
export async function signFiles(session: Session, order: SignOrder): Promise<Outcome> {
  const { files, flags } = order;
  checkUsage(files, flags, session.output.isTerminal);
  checkJournalFlags(flags, files);
  const view = await makeView(session, flags.progress);
  const journal = journalOf(flags);
  if (journal === undefined) return signHere(session, view, files, flags);
  if (flags.resume && !(await exists(journal)))
    throw usageError(`there is nothing to resume: ${visible(journal)} does not exist`);
  const { signInWorker } = await import("./worker/supervise.js");
  return signInWorker(session, view, order);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
