import type { FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { SignPathError } from "../../../base/errors.js";
import { unsuitable } from "../refusal.js";

/** The bytes of an executable, in memory or in a file. */
export interface Image {
  /** In bytes. */
  readonly size: number;
  /** So many bytes, which are good until the next read. Fails where there are fewer. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Bytes of one read. */
const CHUNK_BYTES = 1024 * 1024;

/** An executable in memory, without a copy. */
export function imageOf(bytes: Uint8Array): Image {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: buffer.length,
    async read(offset, length) {
      requireInside(offset, length, buffer.length);
      return buffer.subarray(offset, offset + length);
    },
  };
}

/** An executable in an open file, as long as that is now. */
export async function imageOfFile(file: FileHandle): Promise<Image> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  return {
    size,
    async read(offset, length) {
      requireInside(offset, length, size);
      const target = length <= buffer.length ? buffer : Buffer.allocUnsafe(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(target, done, length - done, offset + done);
        if (bytesRead === 0) throw unsuitable("it became shorter while it was read");
        done += bytesRead;
      }
      return target.subarray(0, length);
    },
  };
}

/**
 * The bytes from one offset to another, in pieces of a mebibyte at most.
 *
 * @throws {SignPathError} `ABORTED`
 */
export async function* piecesOf(
  image: Image,
  from: number,
  to: number,
  signal?: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, void> {
  for (let offset = from; offset < to; offset += CHUNK_BYTES) {
    // In memory nothing else is waited for, and whoever aborts wants a turn.
    await setImmediate();
    requireNotAborted(signal);
    yield image.read(offset, Math.min(CHUNK_BYTES, to - offset));
  }
}

/** @throws {SignPathError} `ABORTED` */
export function requireNotAborted(signal: AbortSignal | null | undefined): void {
  if (!signal?.aborted) return;
  const message = "The call was aborted while the executable was read";
  throw new SignPathError("ABORTED", message, { stage: "sign", cause: signal.reason });
}

function requireInside(offset: number, length: number, size: number): void {
  if (offset + length > size) throw unsuitable("it ends where its headers say that there is more");
}
