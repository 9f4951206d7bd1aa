import { workerData } from "node:worker_threads";
import { isSignPathError, messageOf } from "../../base/errors.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { SignPath } from "../../signpath.js";
import type { WorkerAnswer, WorkerRequest, WorkerStart } from "./protocol.js";
import { ANSWERED, PULSE, PULSE_MS } from "./protocol.js";

const { port, memory, options, policy: reference } = workerData as WorkerStart;
let signpath: SignPath | undefined;

port.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  const pulse = setInterval(() => Atomics.add(memory, PULSE, 1), PULSE_MS);
  const answer = await handle(data).catch(describe);
  clearInterval(pulse);
  port.postMessage(answer);
  Atomics.store(memory, ANSWERED, 1);
  Atomics.notify(memory, ANSWERED);
};

async function handle(request: WorkerRequest): Promise<WorkerAnswer> {
  signpath ??= new SignPath(options);
  if (request.type === "close") {
    await signpath.close();
    port.close();
    return { type: "done" };
  }
  const policy = await signpath.policy(reference);
  if (request.type === "open") return { type: "done", policy: factsOf(policy) };
  const signature = await policy.signHash(request.hash, request.algorithm);
  return { type: "done", policy: factsOf(policy), signature };
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
