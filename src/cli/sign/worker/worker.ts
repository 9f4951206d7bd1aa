import type { Outcome } from "../../shell/session.js";
import { Session } from "../../shell/session.js";
import type { BatchView } from "../events.js";
import { journalOf } from "../journal/flags.js";
import { Journal } from "../journal/journal.js";
import { JournalMemory } from "../journal/journal-memory.js";
import type { Holder } from "../journal/lock.js";
import { recipeOf } from "../journal/recipe.js";
import { withoutOwn } from "../journal/recorded.js";
import { signHere } from "../sign-here.js";
import type { SignOrder, ToWorker } from "./messages.js";
import { RelayedOutput, relayedView, tell, tellLast } from "./relay.js";
import { ToldInterruption } from "./told-interruption.js";

/** How long what is in flight may take to end when nobody waits for it any more. */
const LAST_WORK_MS = 60_000;

/** How long what was called off may take. */
const GRACE_MS = 3000;

/** As if SIGHUP had ended the user's process. */
const HANGUP = 129;
const TERMINATED = 143;

/**
 * Signs a batch with a journal. It lives on when the user's process is killed, to finish what is in flight: a signature that
 * SignPath has made is not to be lost. It has no terminal, and hears of signals from the user's process.
 */
export function runWorker(): void {
  const interruption = new ToldInterruption();
  const session = new Session(new RelayedOutput(), interruption);
  let isWorking = false;
  process.on("message", (message: ToWorker) => {
    if ("stop" in message) interruption.stop(message.stop);
    else if ("abort" in message) endSoon(interruption, message.abort);
    else {
      isWorking = true;
      // The log of SignPath shows the command that the user gave.
      process.argv = [...message.argv];
      void work(session, message.order).then(finish);
    }
  });
  process.on("disconnect", () => {
    if (!isWorking) process.exit();
    interruption.stop(HANGUP);
    setTimeout(() => endSoon(interruption, HANGUP), LAST_WORK_MS).unref();
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => interruption.stop(TERMINATED));
  // Nobody reads it any more when the user's process is gone; that ends nothing.
  process.stderr.on("error", () => undefined);
  process.on("uncaughtException", (error) => {
    void finish({ exitCode: session.report(error) });
  });
  tell({ ready: true });
}

async function work(session: Session, order: SignOrder): Promise<Outcome> {
  session.output.json = order.flags.json ?? false;
  session.output.verbose = order.flags.verbose ?? false;
  session.output.quiet = order.flags.quiet ?? false;
  try {
    return await signWithJournal(session, relayedView, order);
  } catch (error) {
    const { exitCode } = session.interruption;
    if (exitCode === undefined) return { exitCode: session.report(error) };
    session.output.talk("interrupted");
    return { exitCode, summary: { interrupted: true } };
  }
}

async function signWithJournal(
  session: Session,
  view: BatchView,
  { files, flags, args }: SignOrder,
): Promise<Outcome> {
  const { stopping, signal } = session.interruption;
  const path = journalOf(flags) ?? "";
  const journal = await Journal.open(path, stopping, {
    waits: (holder) => view.show({ event: "waiting", reason: whoHas(path, holder) }),
    torn: (bytes) => {
      const message = `the end of ${path} was torn, as a crash or a full disk leaves it: ${bytes} bytes were cut off`;
      view.show({ event: "warning", code: "JOURNAL_TORN", message });
    },
  });
  try {
    return await signHere(session, view, files, flags, {
      owns: (file) => journal.owns(file),
      remember: async (policy, ingredients) => {
        await journal.note(withoutOwn(args));
        const recipe = { digest: recipeOf(flags, ingredients), isStamped: ingredients.isStamped };
        return new JournalMemory(journal, policy, recipe, signal);
      },
    });
  } finally {
    await journal.close();
  }
}

function whoHas(path: string, { pid, host }: Holder): string {
  const who =
    pid === undefined ? "another process" : `process ${pid}${host === undefined ? "" : ` on ${host}`}`;
  return `${path} is in use by ${who}, which may be finishing what a run has left`;
}

async function finish(outcome: Outcome): Promise<never> {
  await tellLast({ outcome });
  process.exit();
}

function endSoon(interruption: ToldInterruption, exitCode: number): void {
  interruption.abort(exitCode);
  setTimeout(() => process.exit(), GRACE_MS).unref();
}
