import { closeSync, openSync, readSync } from "node:fs";
import { unreadable, unsuitable } from "../../errors/cli-error.js";
import type { Seen } from "../inputs/seen.js";
import type { FormatName } from "./table.js";
import { isEmbedded } from "./table.js";

/** A PDF file may have something else before its header, up to here (ISO 32000-1, annex H.3.4.1). */
const LOOKED_AT_BYTES = 1024;

/** Why a beginning is none of the format, if it is not. */
type Check = (begin: Buffer) => string | undefined;

/** What a file must begin with, by format; others are read by their toolkits before anything is sent. */
const BEGINNINGS: ReadonlyMap<FormatName, Check> = new Map<FormatName, Check>([
  [
    "authenticode",
    (begin) =>
      begin.toString("latin1", 0, 2) === "MZ"
        ? undefined
        : "it does not begin with MZ, and is no Windows executable",
  ],
  [
    "pdf",
    (begin) => (begin.includes("%PDF-") ? undefined : "it has no %PDF- at its beginning, and is no PDF file"),
  ],
]);

/**
 * Looks whether a file is what its format is for, so that a wrong one is found before anything is sent.
 *
 * @throws {CliError} `INPUT_UNSUITABLE`, `INPUT_UNREADABLE`
 */
export function requireContent(file: string, format: FormatName, seen: Seen): void {
  if (!isEmbedded(format)) return;
  // To open a named pipe would be to wait for somebody who writes.
  if (!seen.isFile) throw unsuitable(file, format, "it is no regular file");
  const reason = BEGINNINGS.get(format)?.(beginOf(file));
  if (reason !== undefined) throw unsuitable(file, format, reason);
}

function beginOf(file: string): Buffer {
  const begin = Buffer.alloc(LOOKED_AT_BYTES);
  try {
    const handle = openSync(file, "r");
    try {
      return begin.subarray(0, readSync(handle, begin, 0, begin.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}
