import { statSync } from "node:fs";
import { addAbortSignal } from "node:stream";
import type { SigningSource } from "../../policy/signing-policy.js";
import { unwritable } from "../errors/cli-error.js";
import type { Destination } from "../shell/atomic-file.js";
import { openDestination } from "../shell/atomic-file.js";
import type { Output } from "../shell/output.js";
import { inputError } from "./formats/file-errors.js";
import type { Job } from "./plan.js";
import { STREAM } from "./plan.js";
import type { Signer } from "./signer.js";
import { readSmall } from "./small-file.js";

/** Where a signature goes; `undefined` for what the signer writes by itself. */
export async function destinationOf(
  job: Job,
  signer: Signer,
  output: Output,
): Promise<Destination | undefined> {
  if (!("room" in signer)) return undefined;
  if (job.output === STREAM) return stdout(output);
  const isInPlace = job.file === job.output;
  return openDestination(
    job.output,
    isInPlace ? statSync(job.file, { bigint: true, throwIfNoEntry: false }) : undefined,
  );
}

/** A signature, piece by piece. What fails here is the source or the signing, not what it is written to. */
export async function* piecesOf(
  job: Job,
  signature: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* signature;
  } catch (error) {
    throw inputError(job, error);
  }
}

/** For failures of the input, in words. */
export async function readingFrom<T>(job: Job, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inputError(job, error);
  }
}

/** All of a file, if it is small. */
export async function smallContentOf({ file }: Job): Promise<Uint8Array | undefined> {
  return file === STREAM ? undefined : (await readSmall(file))?.bytes;
}

/** The file, or stdin. */
export function sourceOf({ file }: Job, signal: AbortSignal): SigningSource {
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
