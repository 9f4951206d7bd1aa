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

/** The first minor version of 2 that can copy chosen entries as they are and put others before them. */
const NEEDED_MINOR = 23;

/** So much is read at once for the many small reads of a directory and of small entries. */
const WINDOW_BYTES = 256 * 1024;

/** @throws {SignPathError} `CONFIG_INVALID` if it is not installed, or too old */
export async function loadZip(): Promise<ZipModule> {
  const zip = await loadPeer("@zip.js/zip.js", () => import("@zip.js/zip.js"));
  const { VERSION: version = "" } = zip;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 2 || (major === 2 && minor >= NEEDED_MINOR)) return zip;
  const message = `@zip.js/zip.js ${version} is too old: npm install @zip.js/zip.js, 2.${NEEDED_MINOR} or later`;
  throw new SignPathError("CONFIG_INVALID", message, { stage: "config" });
}

/** A reader of a file that is open. */
export function fileReader(zip: ZipModule, file: FileHandle, size: number): ArchiveReader {
  class OpenFileReader extends zip.Reader<FileHandle> {
    #window: Uint8Array = new Uint8Array(0);
    #begin = 0;

    constructor() {
      super(file);
      this.size = size;
    }

    override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
      const wanted = Math.max(0, Math.min(length, size - index));
      const offset = index - this.#begin;
      if (offset >= 0 && offset + wanted <= this.#window.length)
        return this.#window.subarray(offset, offset + wanted);
      const bytes = await readAt(file, index, Math.min(Math.max(wanted, WINDOW_BYTES), size - index));
      // A large read of data is not asked for again.
      if (wanted < WINDOW_BYTES) [this.#window, this.#begin] = [bytes, index];
      return bytes.subarray(0, wanted);
    }
  }
  return new OpenFileReader();
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, length));
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
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
