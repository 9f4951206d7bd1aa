import { readFile } from "node:fs/promises";
import type { SignPathError } from "../../base/errors.js";
import { withWholeFiles } from "../../base/replacement.js";
import type { Description } from "../errors/describe.js";
import { describe } from "../errors/describe.js";
import { concernsAll, exitCodeOf } from "../errors/exit-codes.js";
import type { Destination } from "../shell/atomic-file.js";
import type { Output } from "../shell/output.js";
import type { BatchFacts, BatchView } from "./events.js";
import type { Begun, Looked, Memory } from "./memory.js";
import { MemoryFailure } from "./memory.js";
import type { Job } from "./plan.js";
import type { Signer } from "./signer.js";
import { Slots } from "./slots.js";
import { destinationOf, piecesOf, readingFrom, smallContentOf, sourceOf } from "./streams.js";

const UNSTAMPED = exitCodeOf("TIMESTAMP_FAILED");

type Fresh = Exclude<Looked, { readonly skip: string }>;

/** A file to be signed. */
interface Task {
  readonly job: Job;
  readonly signer: Signer;
  readonly facts: BatchFacts;
  readonly looked: Fresh | undefined;
}

/** A file whose turn it is. */
interface Making extends Pick<Task, "job" | "signer"> {
  readonly destination: Destination | undefined;
  /** The content, where it has been read already. */
  readonly bytes: Uint8Array | undefined;
  readonly lacksTimestamp: boolean;
  readonly begun: Begun | undefined;
  /** Lets the next one begin. */
  readonly release: () => void;
}

/** What a batch works with. */
export interface BatchOptions {
  readonly output: Output;
  /** Fires when nothing else is to be begun. */
  readonly stopping: AbortSignal;
  /** Fires when what is in flight is to be called off. */
  readonly signal: AbortSignal;
  readonly view: BatchView;
  readonly signerOf: (job: Job) => Promise<Signer>;
  /** `project/policy`. */
  readonly policy: string;
  /** Whether a signature is kept whose timestamp is not to be had. */
  readonly keepUnstamped: boolean;
  readonly memory?: Memory | undefined;
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

/** At most so many files more are looked at, opened and written while others wait for the service. */
const MOST_AHEAD = 128;

/** Files that wait for the disk, for each that waits for the service: with a memory, that is waited for as well. */
const AHEAD = { plain: 1, remembering: 2 };

/**
 * Signs files, `parallel` at a time. A failure that would meet each other file as well lets no other one begin; so does a
 * timestamp that is not to be had, as signatures would be spent for nothing.
 */
export async function runBatch(
  jobs: readonly Job[],
  parallel: number,
  options: BatchOptions,
): Promise<BatchResult> {
  const batch = new Batch(parallel, options);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const job = jobs[next];
      if (job === undefined || batch.isHalted) return;
      next++;
      await batch.handle(job);
    }
  };
  const ahead = parallel * (options.memory === undefined ? AHEAD.plain : AHEAD.remembering);
  const lanes = parallel + Math.min(ahead, MOST_AHEAD);
  await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, lane));
  return batch.result(jobs.length);
}

class Batch {
  readonly #options: BatchOptions;
  readonly #slots: Slots;
  readonly #exitCodes: number[] = [];
  #signed = 0;
  #skipped = 0;
  /** Files that were begun, and were not signed. */
  #lost = 0;
  #isStopped = false;

  constructor(parallel: number, options: BatchOptions) {
    this.#options = options;
    this.#slots = new Slots(parallel);
  }

  get isHalted(): boolean {
    return this.#isStopped || this.#options.stopping.aborted;
  }

  result(jobs: number): BatchResult {
    const [signed, skipped, exitCodes] = [this.#signed, this.#skipped, this.#exitCodes];
    return { signed, skipped, exitCodes, notTried: jobs - signed - skipped - this.#lost };
  }

  /** Sees one file through. Its failure is told and counted, not thrown. */
  async handle(job: Job): Promise<void> {
    const { view, memory, signerOf, policy } = this.#options;
    const { file, output } = job;
    try {
      const signer = await signerOf(job);
      const { format, hash, algorithm } = signer;
      const facts = { format, hash, policy, algorithm };
      const looked = await memory?.look(job, facts);
      if (looked?.skip !== undefined) {
        this.#skipped++;
        view.show({ event: "skipped", file, output, reason: looked.skip });
      } else await this.#sign({ job, signer, facts, looked });
    } catch (error) {
      this.#fail(job, error);
    }
  }

  /** The output is opened first: no signature is spent on a file that cannot be written. */
  async #sign({ job, signer, facts, looked }: Task): Promise<void> {
    const { output, view } = this.#options;
    const destination = await destinationOf(job, signer, output);
    try {
      if ("room" in signer) await destination?.reserve(signer.room(job.bytes));
      if (this.isHalted) return;
      const begun = await looked?.begin();
      const release = await this.#slots.take();
      try {
        if (this.isHalted) {
          await begun?.dropped();
          return;
        }
        if (looked?.again !== undefined) view.show({ event: "again", file: job.file, reason: looked.again });
        view.show({ event: "begun", file: job.file, output: job.output, bytes: job.bytes });
        const { bytes, lacksTimestamp = false } = looked ?? {};
        const made = await this.#make({ job, signer, destination, bytes, lacksTimestamp, begun, release });
        this.#signed++;
        view.show({ event: "signed", file: job.file, output: job.output, ...facts, ...made });
      } catch (error) {
        // Before the next one begins.
        this.#fail(job, error);
      } finally {
        release();
      }
    } finally {
      await destination?.discard();
    }
  }

  async #make(making: Making): Promise<{ readonly bytes: number; readonly ms: number }> {
    const { job, begun } = making;
    const { view, keepUnstamped } = this.#options;
    const begin = performance.now();
    let failure: SignPathError | undefined;
    const onUnstamped = (error: SignPathError): void => {
      failure = error;
    };
    try {
      const onMade = async (result: Uint8Array | string): Promise<void> => {
        if (failure === undefined) await begun?.made(result);
      };
      const { bytes, result } = await this.#write(making, keepUnstamped ? onUnstamped : undefined, onMade);
      if (failure !== undefined) {
        view.show({ event: "unstamped", file: job.file, output: job.output, bytes });
        throw failure;
      }
      await begun?.done(result);
      return { bytes, ms: Math.round(performance.now() - begin) };
    } catch (error) {
      if (!(error instanceof MemoryFailure)) await begun?.failed(error);
      throw error;
    }
  }

  async #write(
    { job, signer, destination, bytes, lacksTimestamp, begun, release }: Making,
    onUnstamped: ((error: SignPathError) => void) | undefined,
    onMade: (result: Uint8Array | string) => Promise<void>,
  ): Promise<{ readonly bytes: number; readonly result: Uint8Array | undefined }> {
    const { signal, view } = this.#options;
    if (!("room" in signer)) {
      const sign = (): Promise<number> => signer.signFile(job, signal, onUnstamped);
      return {
        bytes: await (begun === undefined ? sign() : withWholeFiles(onMade, sign)),
        result: undefined,
      };
    }
    if (destination === undefined) throw new TypeError("there is no place for the signature");
    const signature = await readingFrom(job, async () => {
      if (lacksTimestamp && signer.stamp !== undefined)
        return signer.stamp(await readFile(job.output), signal, onUnstamped);
      const held = signer.takesBytes ? (bytes ?? (await smallContentOf(job))) : undefined;
      if (held !== undefined) view.show({ event: "read", file: job.file, bytes: held.byteLength });
      return signer.sign(held ?? sourceOf(job, signal), signal, onUnstamped);
    });
    if (!(signature instanceof Uint8Array))
      return { bytes: await destination.commit(piecesOf(job, signature)), result: undefined };
    // What is whole is written while the next one is signed.
    release();
    await onMade(signature);
    return { bytes: await destination.commit(signature), result: signature };
  }

  #fail({ file }: Job, error: unknown): void {
    const { signal, view, keepUnstamped } = this.#options;
    if (error instanceof MemoryFailure) {
      // It meets all files alike, and is told once.
      if (!this.#isStopped) this.#tell(describe(error.cause));
      this.#isStopped = true;
      return;
    }
    this.#lost++;
    if (signal.aborted) {
      view.show({ event: "interrupted", file });
      return;
    }
    const { exitCode } = this.#tell(describe(error, file), file);
    this.#isStopped ||= concernsAll(exitCode) || (exitCode === UNSTAMPED && !keepUnstamped);
  }

  #tell(failure: Description, file?: string): Description {
    this.#options.view.show({ event: "failed", ...(file !== undefined && { file }), failure });
    this.#exitCodes.push(failure.exitCode);
    return failure;
  }
}
