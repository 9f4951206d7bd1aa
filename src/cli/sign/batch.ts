import { addAbortSignal } from "node:stream";
import type { SignPathError } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import type { Destination } from "../atomic-file.js";
import { openDestination } from "../atomic-file.js";
import { isSystemError, unreadable, unwritable } from "../cli-error.js";
import { describe } from "../describe.js";
import { concernsAll, exitCodeOf } from "../exit-codes.js";
import type { Output } from "../output.js";
import type { BatchView, SignedEvent } from "./events.js";
import type { Job } from "./plan.js";
import { STREAM } from "./plan.js";
import type { Signature, Signer } from "./signer.js";

const UNSTAMPED = exitCodeOf("TIMESTAMP_FAILED");

/** What is the same for each signature of a batch. */
export type BatchFacts = Pick<SignedEvent, "format" | "hash" | "policy" | "algorithm">;

/** What a batch works with. */
export interface BatchOptions {
  readonly output: Output;
  /** Fires when nothing else is to be begun. */
  readonly stopping: AbortSignal;
  /** Fires when what is in flight is to be called off. */
  readonly signal: AbortSignal;
  readonly view: BatchView;
  readonly facts: BatchFacts;
  /** Whether a signature is kept whose timestamp is not to be had. */
  readonly keepUnstamped: boolean;
}

/** How a batch ended. */
export interface BatchResult {
  readonly signed: number;
  /** Files that had their signature before. */
  readonly skipped: number;
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
  const { stopping, view, facts, keepUnstamped } = options;
  const exitCodes: number[] = [];
  let [next, signed, stopped] = [0, 0, false];
  const worker = async (): Promise<void> => {
    for (;;) {
      const job = jobs[next];
      if (job === undefined || stopped || stopping.aborted) return;
      next++;
      try {
        const { file, output } = job;
        view.show({ event: "begun", file, output, bytes: job.bytes });
        view.show({ event: "signed", file, output, ...facts, ...(await signFile(job, signer, options)) });
        signed++;
      } catch (error) {
        const exitCode = fail(job, error, options);
        exitCodes.push(exitCode);
        stopped ||= concernsAll(exitCode) || (exitCode === UNSTAMPED && !keepUnstamped);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, jobs.length) }, worker));
  return { signed, skipped: 0, exitCodes, notTried: jobs.length - next };
}

/** @returns the exit code that the failure asks for: none where it is the interruption's */
function fail({ file }: Job, error: unknown, { signal, view }: BatchOptions): number {
  if (signal.aborted) {
    view.show({ event: "interrupted", file });
    return 0;
  }
  const failure = describe(error, file);
  view.show({ event: "failed", file, failure });
  return failure.exitCode;
}

/** The output is opened first: no signature is spent on a file that cannot be written. */
async function signFile(
  job: Job,
  signer: Signer,
  options: BatchOptions,
): Promise<{ readonly bytes: number; readonly ms: number }> {
  const { output, signal, view, keepUnstamped } = options;
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
      view.show({ event: "unstamped", file: job.file, output: job.output, bytes });
      throw failure;
    }
    return { bytes, ms: Math.round(performance.now() - begin) };
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
