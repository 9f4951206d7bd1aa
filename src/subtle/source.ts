import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { requireSignal, unlessAborted } from "../base/abort.js";
import { isBufferSource, viewOf } from "../base/bytes.js";
import { messageOf, SignPathError } from "../base/errors.js";
import type { ReadEvent } from "../base/reading.js";
import { readChannel } from "../base/reading.js";
import type { SigningSource } from "../policy/signing-policy.js";

/** Bytes of one read of a file; two reads' worth is held at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** How long the end of a call waits for a source to close that is still to give a chunk: longer than a disk takes for one. */
const CLOSING_MS = 500;

/** Bytes in memory, as opposed to something that is read. */
export function isBytes(source: SigningSource): source is ArrayBuffer | ArrayBufferView {
  return isBufferSource(source) || ArrayBuffer.isView(source);
}

/**
 * The bytes of a source, chunk by chunk. A chunk is good until the next one is asked for. When reading ends early the
 * source is closed, which is waited for unless it takes long.
 *
 * @throws {SignPathError} `ABORTED`
 * @throws {TypeError} for a source, or a chunk of one, of another kind, and for a stream that was read to its end before
 */
export async function* chunksOf(
  source: SigningSource,
  signal?: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  requireSignal(signal);
  const isUsed = isStream(source) && Readable.isDisturbed(source);
  const chunks = iterable(source)[Symbol.asyncIterator]();
  let state: "reading" | "given" | "ended" = "given";
  let isEmpty = true;
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(signal.reason);
      state = "reading";
      const { value: chunk, done } = await unlessAborted(chunks.next(), signal, aborted);
      state = done ? "ended" : "given";
      if (done && isUsed && isEmpty)
        throw new TypeError("the stream was read to its end before: it has nothing left to sign");
      if (done) return;
      isEmpty = false;
      if (!ArrayBuffer.isView(chunk))
        throw new TypeError("a source to sign must give chunks of bytes, not of text or objects");
      if (readChannel.hasSubscribers) publish(source, chunk);
      yield viewOf(chunk);
    }
  } finally {
    // A stream of Node that waits for data closes by itself then, and others when they give something at last.
    if (state === "reading" && source instanceof Readable) source.destroy();
    const closing = state === "ended" ? undefined : chunks.return?.();
    if (state === "reading") await settled(closing);
    else await closing;
  }
}

function publish(source: SigningSource, { byteLength: bytes }: ArrayBufferView): void {
  const path = typeof source === "string" ? source : undefined;
  readChannel.publish({ path, bytes } satisfies ReadEvent);
}

/** Waits for a promise, whatever becomes of it, but not for long. */
async function settled(promise: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSING_MS);
  });
  await Promise.race([promise?.catch(() => undefined), patience]);
  clearTimeout(timer);
}

function isStream(source: SigningSource): source is Readable {
  return source instanceof Readable || source instanceof ReadableStream;
}

function aborted(reason: unknown): SignPathError {
  const message = `The call was aborted while its source was read: ${messageOf(reason)}`;
  return new SignPathError("ABORTED", message, { stage: "sign", cause: reason });
}

function iterable(source: SigningSource): AsyncIterable<Uint8Array> {
  if (typeof source === "string" || source instanceof URL) return fileChunks(source);
  if (source instanceof Blob) return source.stream();
  if (isBytes(source)) return once(viewOf(source));
  if (typeof source === "object" && source !== null && Symbol.asyncIterator in source) return source;
  throw new TypeError(
    "a source to sign is bytes, a Blob, a stream, an async iterable of bytes or the path of a file",
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

/** A file through two buffers in turn: one is being filled on another thread while the other one is used. */
async function* fileChunks(path: string | URL): AsyncGenerator<Uint8Array, void, void> {
  const file = await open(path, "r");
  let next: Promise<Uint8Array> | undefined;
  try {
    const bytes = chunkBytes((await file.stat()).size);
    let [current, other] = [Buffer.allocUnsafe(bytes), Buffer.allocUnsafe(bytes)];
    next = readChunk(file, current);
    for (;;) {
      const chunk = await next;
      if (chunk.byteLength === 0) return;
      [current, other] = [other, current];
      next = readChunk(file, current);
      // While the chunk is used nobody waits for the read: it is looked at, and fails, in the next round.
      next.catch(() => undefined);
      yield chunk;
    }
  } finally {
    // A read that is under way needs its file open; if it failed and nobody waits for it, that no longer matters.
    await next?.catch(() => undefined);
    await file.close();
  }
}

/** Room for all of a small file and for seeing its end. What tells no size (a pipe, a device) may be of any. */
function chunkBytes(size: number): number {
  return size === 0 ? CHUNK_BYTES : Math.min(size + 1, CHUNK_BYTES);
}

async function readChunk(file: FileHandle, buffer: Buffer): Promise<Uint8Array> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
  return buffer.subarray(0, bytesRead);
}
