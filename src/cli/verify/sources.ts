import { stat } from "node:fs/promises";
import { isSystemError, unreadable } from "../errors/cli-error.js";
import { STREAM } from "../sign/plan.js";

/** What is verified. */
export interface Sources {
  /** File with the signature. */
  readonly signature: string;
  /** File with what was signed; `undefined` where that is in the signature. */
  readonly content: string | undefined;
}

/** The signature is the one named, the one that `signpath sign` has put beside the file, or the file itself. */
export async function sourcesOf(file: string, signature: string | undefined): Promise<Sources> {
  if (signature !== undefined) return { signature, content: file };
  const beside = `${file}.p7s`;
  return file !== STREAM && (await exists(beside))
    ? { signature: beside, content: file }
    : { signature: file, content: undefined };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return false;
    throw unreadable(path, error);
  }
}

/** A file, or stdin, to read from. */
export function open(path: string): string | AsyncIterable<Uint8Array> {
  return path === STREAM ? process.stdin : path;
}
