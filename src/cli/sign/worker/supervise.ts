import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { CliError } from "../../errors/cli-error.js";
import type { Outcome, Session } from "../../shell/session.js";
import type { BatchView } from "../events.js";
import type { FromWorker, SignOrder, ToWorker } from "./messages.js";

/** From where the bundle puts this file. */
const WORKER = fileURLToPath(new URL("../sign-worker.js", import.meta.url));

const CTRL_C = 128 + constants.signals.SIGINT;

/**
 * Signs in a process of its own, which finishes what is in flight also when this one is killed: requests that SignPath has
 * answered to nobody are signatures lost. Settings reach it as environment and over a pipe.
 */
export async function signInWorker(session: Session, view: BatchView, order: SignOrder): Promise<Outcome> {
  const namesOnStdin = order.flags.filesFrom === "-";
  const child = fork(WORKER, [], {
    detached: true,
    stdio: [namesOnStdin ? "inherit" : "ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });
  // Traces and warnings of Node.
  child.stderr?.on("data", (chunk: Buffer) => process.stderr.write(chunk));
  const { stopping, signal } = session.interruption;
  const onStop = (): void => send(child, { stop: session.interruption.exitCode ?? CTRL_C });
  stopping.addEventListener("abort", onStop);
  session.interruption.finishAtFirst(() => view.show({ event: "stopping" }));
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      child.on("error", reject);
      child.on("message", (messages: readonly FromWorker[]) => {
        // Lines of one message are one write.
        process.stdout.cork();
        for (const message of messages) {
          if ("ready" in message) {
            send(child, { order, argv: process.argv });
            if (stopping.aborted) onStop();
          } else if ("outcome" in message) resolve(message.outcome);
          else show(session, view, message);
        }
        process.stdout.uncork();
      });
      child.on("disconnect", () => void ended(child).then(reject));
      signal.addEventListener("abort", () => {
        const exitCode = session.interruption.exitCode ?? CTRL_C;
        if (exitCode === CTRL_C) send(child, { abort: exitCode });
        else resolve(leave(session, exitCode));
      });
    });
  } finally {
    stopping.removeEventListener("abort", onStop);
  }
}

function send(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}

function show({ output }: Session, view: BatchView, message: FromWorker): void {
  if ("begin" in message) view.begin(...message.begin);
  else if ("show" in message) view.show(message.show);
  else if ("end" in message) view.end(message.end);
  else if ("data" in message) output.data(message.data);
  else if ("talk" in message) output.talk(...message.talk);
}

/** Whoever sends SIGTERM kills soon: the worker finishes alone. */
function leave({ output }: Session, exitCode: number): Outcome {
  output.talk("interrupted: what is in flight is finished in the background, and nothing else is begun");
  return { exitCode, summary: { interrupted: true } };
}

/** The worker is gone, and has not said how it went. */
async function ended(child: ChildProcess): Promise<CliError> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
    });
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  return new CliError("WORKER_ENDED", `the process that signs was ended from outside (${how})`, {
    hint: "Run the same command again: what is signed is skipped. What was in flight may be signed twice.",
  });
}
