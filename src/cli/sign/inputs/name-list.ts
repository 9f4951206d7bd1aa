import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";
import { reasonOf, usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import { STREAM } from "./stream.js";

/** Room for millions of names. What is longer is no list: a device, or a pipe that never ends. */
const MOST_MEBIBYTES = 256;

/**
 * Names from a file or from stdin, one a line or with `isNull` a NUL after each, as `find -print0` has them. Empty ones, a byte
 * order mark and the CR of a line are no names.
 *
 * @throws {CliError} `USAGE` for a list that cannot be read, is too long or is not UTF-8
 */
export async function readNameList(path: string, isNull: boolean, signal: AbortSignal): Promise<string[]> {
  const what = path === STREAM ? "stdin" : visible(path);
  const bytes = await contentOf(path, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw usageError(`--files-from ${what} cannot be read: ${reasonOf(error)}`);
  });
  const list = decoded(bytes, what);
  if (!isNull && list.includes("\0"))
    throw usageError(`--files-from ${what} has names with a NUL after each: add --null`);
  return list.split(isNull ? "\0" : /\r?\n/).filter((name) => name !== "");
}

async function contentOf(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const stream = addAbortSignal(signal, path === STREAM ? process.stdin : createReadStream(path));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
    if (bytes > MOST_MEBIBYTES * 1024 * 1024) throw new Error(`it is longer than ${MOST_MEBIBYTES} MiB`);
  }
  return Buffer.concat(chunks);
}

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`--files-from ${what} is not text in UTF-8`);
  }
}
