import { stat } from "node:fs/promises";
import { usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";
import type { Outcome, Session } from "../shell/session.js";
import { makeView } from "../view/make-view.js";
import { checkUsage } from "./flags.js";
import { checkJournalFlags, journalOf } from "./journal/flags.js";
import { signHere } from "./sign-here.js";
import type { SignOrder } from "./worker/messages.js";

/** Waits for the disk take threads: as many at once as share one turn of it. Node makes four, if nobody says otherwise. */
const THREADS = "16";

/** Signs files as the command line says: here, or with a journal in a process of its own. */
export async function signFiles(session: Session, order: SignOrder): Promise<Outcome> {
  const { files, flags } = order;
  checkUsage(files, flags, session.output.isTerminal);
  // The worker has it from here. In this process Node 20 has made its threads by now, later ones wait for the first need.
  process.env["UV_THREADPOOL_SIZE"] ??= THREADS;
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
