import type { BigIntStats } from "node:fs";
import { closeSync, constants, fstatSync, openSync, read, statSync } from "node:fs";

/** A file of up to so many bytes is read as a whole. */
const SMALL_BYTES = 256 * 1024;

/** A small file, as it was when it was read. */
export interface SmallFile {
  readonly bytes: Uint8Array;
  readonly stats: BigIntStats;
}

/**
 * Reads a regular file that is small. Another thread is asked for the bytes alone, which may have to come from the disk: what is
 * known of a name takes a tenth of the time that it takes to ask.
 *
 * @returns `undefined` for a file that is larger, none, not regular, or written to just now
 * @throws errors of the operating system
 */
export async function readSmall(path: string): Promise<SmallFile | undefined> {
  const seen = statSync(path, { throwIfNoEntry: false });
  // To open a named pipe would be to wait for somebody who writes.
  if (seen === undefined || !seen.isFile() || seen.size > SMALL_BYTES) return undefined;
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile() || stats.size > SMALL_BYTES) return undefined;
    const bytes = await readExactly(file, Number(stats.size));
    return bytes && { bytes, stats };
  } finally {
    closeSync(file);
  }
}

/** All of a file, if it is as long as it is said to be. */
async function readExactly(file: number, length: number): Promise<Uint8Array | undefined> {
  const buffer = Buffer.allocUnsafe(length + 1);
  let done = 0;
  do {
    const bytes = await readOnce(file, buffer.subarray(done));
    if (bytes === 0) break;
    done += bytes;
  } while (done < length);
  return done === length ? buffer.subarray(0, length) : undefined;
}

function readOnce(file: number, into: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, into, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}
