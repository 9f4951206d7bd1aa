import { addAbortSignal } from "node:stream";
import type { SignPathError } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import type { Destination } from "../atomic-file.js";
import { openDestination } from "../atomic-file.js";
import { isSystemError, unreadable, unwritable } from "../cli-error.js";
import { concernsAll, exitCodeOf } from "../exit-codes.js";
import type { Output } from "../output.js";
import type { Job } from "./plan.js";
import { STREAM } from "./plan.js";
import type { Signature, Signer } from "./signer.js";

const UNSTAMPED = exitCodeOf("TIMESTAMP_FAILED");

/** One file, signed. */
export interface SignedFile {
  readonly job: Job;
  /** Length of the result. */
  readonly bytes: number;
  readonly ms: number;
}

/** What a batch tells while it runs. */
export interface BatchEvents {
  readonly signed: (result: SignedFile) => void;
  /** The signature is there, without the timestamp that it should have; {@link failed} comes next. */
  readonly kept: (job: Job, bytes: number) => void;
  /** @returns the exit code that the failure asks for */
  readonly failed: (job: Job, error: unknown) => number;
}

/** What a batch works with. */
export interface BatchOptions {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly events: BatchEvents;
  /** Whether a signature is kept whose timestamp is not to be had. */
  readonly keepUnstamped: boolean;
}

/** How a batch ended. */
export interface BatchResult {
  readonly signed: number;
  /** One of each file that failed. */
  readonly exitCodes: readonly number[];
  /** Files that were not begun: the batch was interrupted, or each of them would have failed alike. */
  readonly notTried: number;
}

/**
 * Signs files, `parallel` at a time. A failure that would meet each other file as well lets no other one begin; so does a
 * timestamp that is not to be had, as signatures would be spent for nothing.
 */
export async function runBatch(
  jobs: readonly Job[],
  signer: Signer,
  parallel: number,
  options: BatchOptions,
): Promise<BatchResult> {
  const { signal, events, keepUnstamped } = options;
  const exitCodes: number[] = [];
  let [next, signed, stopped] = [0, 0, false];
  const worker = async (): Promise<void> => {
    for (;;) {
      const job = jobs[next];
      if (job === undefined || stopped || signal.aborted) return;
      next++;
      try {
        events.signed(await signFile(job, signer, options));
        signed++;
      } catch (error) {
        const exitCode = events.failed(job, error);
        exitCodes.push(exitCode);
        stopped ||= concernsAll(exitCode) || (exitCode === UNSTAMPED && !keepUnstamped);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, jobs.length) }, worker));
  return { signed, exitCodes, notTried: jobs.length - next };
}

/** The output is opened first: no signature is spent on a file that cannot be written. */
async function signFile(job: Job, signer: Signer, options: BatchOptions): Promise<SignedFile> {
  const { output, signal, events, keepUnstamped } = options;
  const begin = performance.now();
  const destination = job.output === STREAM ? stdout(output) : await openDestination(job.output);
  try {
    await destination.reserve(signer.room(job.bytes));
    let failure: SignPathError | undefined;
    const onUnstamped = (error: SignPathError): void => {
      failure = error;
    };
    const bytes = await destination.commit(
      piecesOf(job, () =>
        signer.sign(sourceOf(job, signal), signal, keepUnstamped ? onUnstamped : undefined),
      ),
    );
    if (failure !== undefined) {
      events.kept(job, bytes);
      throw failure;
    }
    return { job, bytes, ms: performance.now() - begin };
  } finally {
    await destination.discard();
  }
}

/** A signature, piece by piece. What fails here is the source or the signing, not what it is written to. */
async function* piecesOf(
  { file }: Job,
  sign: () => Promise<Signature>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    const signature = await sign();
    if (signature instanceof Uint8Array) yield signature;
    else yield* signature;
  } catch (error) {
    throw isSystemError(error) ? unreadable(file === STREAM ? "stdin" : file, error) : error;
  }
}

function sourceOf({ file }: Job, signal: AbortSignal): SigningSource {
  if (file !== STREAM) return file;
  // Who reads it hears of an abort; nobody need when nobody reads.
  process.stdin.on("error", () => undefined);
  return addAbortSignal(signal, process.stdin);
}

function stdout(output: Output): Destination {
  return {
    reserve: () => Promise.resolve(),
    commit: async (result) => {
      let bytes = 0;
      for await (const piece of result instanceof Uint8Array ? [result] : result) {
        await output.deliver(piece).catch((error: unknown) => {
          throw unwritable("stdout", error);
        });
        bytes += piece.byteLength;
      }
      return bytes;
    },
    discard: () => Promise.resolve(),
  };
}
