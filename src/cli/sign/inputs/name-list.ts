import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { reasonOf, usageError } from "../../cli-error.js";
import { visible } from "../../output.js";
import { STREAM } from "./stream.js";

/**
 * Names from a file or from stdin, one a line or with `isNull` a NUL after each, as `find -print0` has them. Empty ones, a byte
 * order mark and the CR of a line are no names.
 *
 * @throws {CliError} `USAGE` for a list that cannot be read or is not UTF-8
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
  if (path !== STREAM) return readFile(path, { signal });
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`--files-from ${what} is not text in UTF-8`);
  }
}
