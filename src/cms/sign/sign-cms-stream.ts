import { stat } from "node:fs/promises";
import { forgetAborted, onceAborted } from "../../base/abort.js";
import type { Bytes } from "../../base/bytes.js";
import { equal, exactCopy } from "../../base/bytes.js";
import { messageOf, SignPathError } from "../../base/errors.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import { isBytes } from "../../subtle/source.js";
import { piecesOf } from "./ber.js";
import { smallChunksOf } from "./content.js";
import { Hashers } from "./digests.js";
import { closeIndefinite, encodeAround, openIndefinite } from "./encode.js";
import { Lookalike } from "./lookalike.js";
import { asOperation } from "./operation.js";
import type { SignCmsOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { planOf } from "./plan.js";
import { refused } from "./refusal.js";
import { encodeWhole, signAndStamp, signInMemory } from "./sign-cms.js";
import { outlineOf, partsOf } from "./signed-data.js";

/**
 * The bytes of {@link signCms} as a stream, in constant memory whatever the size of the content. Attached content that can be
 * read twice (bytes, a Blob, a regular file) is, and makes DER: once to be signed, once to be written. Other content is read
 * once and makes BER of indefinite length. Nothing is read before the stream is; to cancel it ends the call.
 *
 * ```ts
 * await pipeline(signCmsStream("disk.img", { policy, detached: false }), createWriteStream("disk.img.p7m"));
 * ```
 *
 * @param source - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file; not to be changed meanwhile
 * @returns fails with what {@link signCms} fails with, but for the size of the content; with `REQUEST_REJECTED` also where
 * the content changed between its two readings, and for `encoding: "der"` of a source that can be read only once.
 * Where there is no timestamp, the `cms` of the error is the signature without its content
 */
export function signCmsStream(source: SigningSource, options: SignCmsOptions): ReadableStream<Uint8Array> {
  const controller = new AbortController();
  const { signal } = options;
  const forget = (): void => {
    if (signal) forgetAborted(signal, stop);
  };
  const parts = partsInTurn(source, options, controller.signal, forget);
  let isWorking = false;
  let fail: (error: SignPathError) => void = () => undefined;
  // Nobody reads, and perhaps nobody will: what is open is closed now.
  const abandon = (): void => {
    fail(abandoned(controller.signal.reason));
    parts.return().catch(() => undefined);
  };
  const stop = (): void => {
    controller.abort(signal?.reason);
    if (!isWorking) abandon();
  };
  if (signal?.aborted) controller.abort(signal.reason);
  else if (signal) onceAborted(signal, stop);
  return new ReadableStream<Uint8Array>(
    {
      start(stream) {
        fail = (error) => stream.error(error);
      },
      async pull(stream) {
        isWorking = true;
        const { value, done } = await parts.next();
        isWorking = false;
        if (done) {
          stream.close();
          return;
        }
        stream.enqueue(value);
        if (controller.signal.aborted) abandon();
      },
      async cancel(reason) {
        forget();
        controller.abort(reason);
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* partsInTurn(
  source: SigningSource,
  options: SignCmsOptions,
  signal: AbortSignal,
  forget: () => void,
): AsyncGenerator<Bytes, void, void> {
  try {
    yield* partsOfPlan(source, planOf({ ...options, signal }));
  } finally {
    forget();
  }
}

async function* partsOfPlan(source: SigningSource, plan: Plan): AsyncGenerator<Bytes, void, void> {
  if (plan.detached || plan.isAsn1) {
    yield await signInMemory(source, plan);
    return;
  }
  const isRereadable = await canBeReadTwice(source);
  if (plan.encoding === "der" && !isRereadable)
    throw refused(
      "REQUEST_REJECTED",
      'content that can be read only once cannot be streamed as DER, whose length comes first: ask for encoding "ber", give bytes, a Blob or the path of a file, or take signCms, which holds up to 1 GiB in memory; nothing was read or sent',
    );
  await plan.chains.prepare(plan.signers, plan.signal);
  yield* plan.encoding === "ber" || !isRereadable ? indefinite(source, plan) : definite(source, plan);
}

/** A pipe has a path too. What is no source at all is found out when it is read. */
async function canBeReadTwice(source: SigningSource): Promise<boolean> {
  if (typeof source === "string" || source instanceof URL) return (await stat(source)).isFile();
  return isBytes(source) || source instanceof Blob;
}

async function* indefinite(source: SigningSource, plan: Plan): AsyncGenerator<Bytes, void, void> {
  const { hashes, signal, signers } = plan;
  const [hashers, lookalike] = [new Hashers(hashes), new Lookalike(signers)];
  yield openIndefinite(outlineOf(plan));
  yield* piecesOf(smallChunksOf(source, signal), (chunk) => {
    hashers.update(chunk);
    lookalike.update(chunk);
  });
  await lookalike.refuse();
  const stamped = await asOperation(signers, () => signAndStamp(plan, hashers.digests()));
  const parts = partsOf(plan, stamped.signed);
  plan.stamping.settle(stamped, () => encodeWhole(plan, parts, undefined));
  yield closeIndefinite(parts);
}

async function* definite(source: SigningSource, plan: Plan): AsyncGenerator<Bytes, void, void> {
  const { hashes, signal, signers } = plan;
  let bytes = 0;
  const { digests, stamped } = await asOperation(signers, async () => {
    const [hashers, lookalike] = [new Hashers(hashes), new Lookalike(signers)];
    for await (const chunk of smallChunksOf(source, signal)) {
      hashers.update(chunk);
      lookalike.update(chunk);
      bytes += chunk.byteLength;
    }
    await lookalike.refuse();
    const digests = hashers.digests();
    return { digests, stamped: await signAndStamp(plan, digests) };
  });
  const parts = partsOf(plan, stamped.signed);
  plan.stamping.settle(stamped, () => encodeWhole(plan, parts, undefined));
  const { before, after } = encodeAround(parts, { bytes, isOctetString: true });
  yield before;
  // One hash tells as well as all of them whether it is the same content.
  const again = new Hashers(hashes.slice(0, 1));
  for await (const chunk of smallChunksOf(source, signal)) {
    bytes -= chunk.byteLength;
    if (bytes < 0) throw changed();
    again.update(chunk);
    // Who reads the stream may keep what it gives; a chunk is good only until the next one is asked for.
    yield exactCopy(chunk);
  }
  for (const [name, digest] of again.digests())
    if (bytes !== 0 || !equal(digest, digests.get(name) ?? digest.subarray(1))) throw changed();
  yield after;
}

function abandoned(reason: unknown): SignPathError {
  const message = `The call was aborted before its result was read: ${messageOf(reason)}`;
  return new SignPathError("ABORTED", message, { stage: "cms", cause: reason });
}

function changed(): SignPathError {
  const message =
    "the content changed between the reading that was signed and the one that was written: the signature is not valid, and was not finished";
  return new SignPathError("REQUEST_REJECTED", message, { stage: "cms", retryable: true });
}
