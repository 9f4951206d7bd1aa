import type { FileHandle } from "node:fs/promises";
import type { Reader, ZipReader, ZipReaderConstructorOptions } from "@zip.js/zip.js";
import { loadPeer } from "../../adapter/peer.js";
import { isSignPathError, messageOf, SignPathError } from "../../base/errors.js";
import { refused } from "./refusal.js";

/** What is used of @zip.js/zip.js. */
export type ZipModule = typeof import("@zip.js/zip.js");

/** Where an archive is read from, in any order. */
export type ArchiveReader = Reader<unknown>;

/**
 * How archives are read: names are UTF-8, as Java takes them, and only names, because nothing is extracted; what other
 * programs could read in another way is refused.
 */
export const READER_OPTIONS: ZipReaderConstructorOptions = Object.freeze({
  filenameEncoding: "utf-8",
  commentEncoding: "utf-8",
  filenameValidation: "tolerant",
  maxAppendedDataSize: 0,
  checkLocalDirectory: true,
  useWebWorkers: false,
});

/** The first version that can copy entries as they are and put others before them. */
const NEEDED = "2.16";

/** @throws {SignPathError} `CONFIG_INVALID` if it is not installed, or too old */
export async function loadZip(): Promise<ZipModule> {
  const zip = await loadPeer("@zip.js/zip.js", () => import("@zip.js/zip.js"));
  if (typeof zip.ZipWriter.prototype.appendZip === "function") return zip;
  const message = `@zip.js/zip.js is too old: npm install @zip.js/zip.js, ${NEEDED} or later`;
  throw new SignPathError("CONFIG_INVALID", message, { stage: "config" });
}

/** A reader of a file that is open. */
export function fileReader(zip: ZipModule, file: FileHandle, size: number): ArchiveReader {
  class OpenFileReader extends zip.Reader<FileHandle> {
    constructor() {
      super(file);
      this.size = size;
    }

    override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - index)));
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, index + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    }
  }
  return new OpenFileReader();
}

/** A reader of an archive, or of its directory at least. */
export function zipReader(zip: ZipModule, reader: ArchiveReader): ZipReader<unknown> {
  return new zip.ZipReader(reader, READER_OPTIONS);
}

/**
 * Does something with zip.js, whose errors are about the archive.
 *
 * @throws {SignPathError} `REQUEST_REJECTED`, `ABORTED`
 */
export async function onArchive<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    if (signal?.aborted) throw signal.reason;
    return await work();
  } catch (error) {
    if (signal?.aborted) {
      const message = `The call was aborted while the archive was read: ${messageOf(signal.reason)}`;
      throw new SignPathError("ABORTED", message, { stage: "sign", cause: signal.reason });
    }
    if (isSignPathError(error) || isSystemError(error)) throw error;
    throw refused(`${what} cannot be read: ${messageOf(error)}`, error);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
