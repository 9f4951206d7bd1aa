import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { unlinkSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { access, constants, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isSystemError, unwritable } from "./cli-error.js";

/** Where a result goes. */
export interface Destination {
  /** Makes sure that there is room for so many bytes, before it costs anything to make them. */
  reserve(bytes: number): Promise<void>;
  /**
   * Puts the whole result there. What a result fails with that comes piece by piece is passed on as it is.
   *
   * @returns its length in bytes
   */
  commit(result: Uint8Array | AsyncIterable<Uint8Array>): Promise<number>;
  /** Leaves everything as it was. Harmless after {@link commit}. */
  discard(): Promise<void>;
}

/** A destination for a result that comes in pieces, of which {@link Destination.commit} gets the last one. */
export interface FileDestination extends Destination {
  /** Adds a piece. Without a commit nobody sees it, unless the destination is no regular file. */
  append(bytes: Uint8Array): Promise<void>;
}

/** Temporary files that exist now: whatever ends the process, they go with it. */
const unfinished = new Set<string>();
let watching = false;

function watch(path: string): void {
  unfinished.add(path);
  if (watching) return;
  watching = true;
  process.on("exit", removeUnfinished);
}

/** Removes the temporary files that exist now, at once. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // It is gone, or cannot be had any more.
    }
  }
  unfinished.clear();
}

/**
 * Opens a file for one result: a temporary file beside it, which takes its place when it is whole and on the disk. A
 * symbolic link is followed. What is no regular file (`/dev/stdout`, a named pipe) is written directly.
 *
 * @throws {CliError} `OUTPUT_UNWRITABLE`
 */
export async function openDestination(path: string): Promise<FileDestination> {
  try {
    const existing = await statIfThere(path);
    if (existing === undefined) return await TemporaryFile.beside(await linkTarget(path), undefined);
    if (!existing.isFile()) return new Device(path, await open(path, "w"));
    const target = await realpath(path);
    await access(target, constants.W_OK);
    return await TemporaryFile.beside(target, existing.mode & 0o777);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Where a symbolic link leads that leads to nothing yet; else the path itself. */
async function linkTarget(path: string): Promise<string> {
  try {
    return resolve(dirname(path), await readlink(path));
  } catch {
    return path;
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** File systems that have no such thing as waiting for the disk. */
const NO_SYNC: ReadonlySet<string> = new Set(["EINVAL", "ENOSYS", "ENOTSUP"]);

const ZEROS = new Uint8Array(64 * 1024);

class TemporaryFile implements FileDestination {
  readonly #target: string;
  readonly #path: string;
  readonly #file: FileHandle;
  #open = true;
  #length = 0;

  private constructor(target: string, path: string, file: FileHandle) {
    this.#target = target;
    this.#path = path;
    this.#file = file;
  }

  /** The name is short, so that a name that is as long as names may be has room for it. */
  static async beside(target: string, mode: number | undefined): Promise<TemporaryFile> {
    const path = join(dirname(target), `.signpath-${randomBytes(6).toString("hex")}.tmp`);
    const file = await open(path, "wx", 0o666);
    watch(path);
    // Not every file system has modes.
    if (mode !== undefined) await file.chmod(mode).catch(() => undefined);
    return new TemporaryFile(target, path, file);
  }

  async reserve(bytes: number): Promise<void> {
    await this.#attempt(async () => {
      for (let position = 0; position < bytes; position += ZEROS.length) {
        await this.#write(ZEROS.subarray(0, bytes - position), position);
      }
    });
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      await this.#write(bytes, this.#length);
      this.#length += bytes.byteLength;
    });
  }

  async commit(result: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> {
    for await (const piece of result instanceof Uint8Array ? [result] : result) await this.append(piece);
    await this.#attempt(async () => {
      await this.#file.truncate(this.#length);
      await this.#file.sync().catch((error: unknown) => {
        if (!isSystemError(error) || !NO_SYNC.has(error.code)) throw error;
      });
      await this.#close();
      await rename(this.#path, this.#target);
      unfinished.delete(this.#path);
    });
    return this.#length;
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    if (!unfinished.has(this.#path)) return;
    try {
      await rm(this.#path, { force: true });
      unfinished.delete(this.#path);
    } catch {
      // It is tried again when the process ends.
    }
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.byteLength - done, position + done);
      done += bytesWritten;
    }
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.discard();
      throw unwritable(this.#target, error);
    }
  }
}

class Device implements FileDestination {
  readonly #path: string;
  readonly #file: FileHandle;
  #open = true;
  #length = 0;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async reserve(): Promise<void> {
    // Nothing can be kept free there.
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#attempt(() => this.#file.writeFile(bytes));
    this.#length += bytes.byteLength;
  }

  async commit(result: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> {
    for await (const piece of result instanceof Uint8Array ? [result] : result) await this.append(piece);
    await this.#attempt(() => this.discard());
    return this.#length;
  }

  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}
