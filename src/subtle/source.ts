import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { requireSignal, unlessAborted } from "../base/abort.js";
import { isBufferSource, viewOf } from "../base/bytes.js";
import { messageOf, SignPathError } from "../base/errors.js";
import type { SigningSource } from "../policy/signing-policy.js";

/** Bytes of one read of a file; two reads' worth is held at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes in memory, as opposed to something that is read. */
export function isBytes(source: SigningSource): source is ArrayBuffer | ArrayBufferView {
  return isBufferSource(source) || ArrayBuffer.isView(source);
}

/**
 * The bytes of a source, chunk by chunk. A chunk is good until the next one is asked for. When reading ends early the
 * source is closed.
 *
 * @throws {SignPathError} `ABORTED`
 * @throws {TypeError} for a source, or a chunk of one, of another kind
 */
export async function* chunksOf(
  source: SigningSource,
  signal?: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  requireSignal(signal);
  const chunks = iterable(source)[Symbol.asyncIterator]();
  let state: "reading" | "given" | "ended" = "given";
  try {
    for (;;) {
      if (signal?.aborted) throw aborted(signal.reason);
      state = "reading";
      const { value: chunk, done } = await unlessAborted(chunks.next(), signal, aborted);
      state = done ? "ended" : "given";
      if (done) return;
      if (!ArrayBuffer.isView(chunk))
        throw new TypeError("a source to sign must give chunks of bytes, not of text or objects");
      yield viewOf(chunk);
    }
  } finally {
    const closing = state === "ended" ? undefined : chunks.return?.();
    // A source that gives nothing closes when it does at last.
    if (state === "reading") closing?.catch(() => undefined);
    else await closing;
  }
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
    let [current, other] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
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

async function readChunk(file: FileHandle, buffer: Buffer): Promise<Uint8Array> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
  return buffer.subarray(0, bytesRead);
}
