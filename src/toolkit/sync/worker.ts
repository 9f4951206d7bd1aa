import process from "node:process";
import { workerData } from "node:worker_threads";
import { isSignPathError, messageOf } from "../../base/errors.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { SignPath } from "../../signpath.js";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./protocol.js";
import { ANSWERED, PULSE, PULSE_MS } from "./protocol.js";

const { port, memory, options, policy: reference } = workerData as WorkerStart;
let signpath: SignPath | undefined;

// Whatever ends this thread, the other one shall not wait for it.
process.on("exit", answered);

port.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  const pulse = setInterval(() => Atomics.add(memory, PULSE, 1), PULSE_MS);
  const answer = await handle(data).catch(describe);
  clearInterval(pulse);
  port.postMessage(answer);
  answered();
};

function answered(): void {
  Atomics.store(memory, ANSWERED, 1);
  Atomics.notify(memory, ANSWERED);
}

async function handle(request: WorkerRequest): Promise<WorkerAnswer> {
  if (request.type === "close") {
    await signpath?.close();
    port.close();
    return { type: "done" };
  }
  signpath ??= await open();
  const policy = await signpath.policy(reference);
  if (request.type === "open") return { type: "done", policy: factsOf(policy) };
  const signature = await policy.signHash(request.hash, request.algorithm);
  return { type: "done", policy: factsOf(policy), signature };
}

/** Loads the client only now, so that what fails in that is said like any other failure. */
async function open(): Promise<SignPath> {
  const { SignPath: Client } = await import("../../signpath.js");
  return new Client(options);
}

function factsOf({ reference, certificateDer }: SigningPolicy) {
  return { reference, certificate: certificateDer };
}

/** An error's class and its members that are not plain do not pass from thread to thread. */
function describe(error: unknown): WorkerAnswer {
  if (!isSignPathError(error)) return { type: "mistake", message: messageOf(error) };
  const { code, message, stage, status, retryable, attempts, signingRequestId, problem } = error;
  const cause = error.cause === undefined ? undefined : messageOf(error.cause);
  const details = { stage, status, retryable, attempts, signingRequestId, problem, cause };
  return { type: "failed", code, message, details };
}
