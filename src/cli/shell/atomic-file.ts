import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { isSignPathError } from "../../base/errors.js";
import { Replacement } from "../../base/replacement.js";
import { changed, unwritable } from "../errors/cli-error.js";

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

/**
 * Opens a file for one result: a temporary file beside it, which takes its place when it is whole and on the disk. A
 * symbolic link is followed. What is no regular file (`/dev/stdout`, a named pipe) is written directly.
 *
 * @param read - what is made from the file that stands there: that file, as it was before it was read. If it has changed when
 * the result is to take its place, that fails with `INPUT_UNREADABLE`
 * @throws {CliError} `OUTPUT_UNWRITABLE`
 */
export async function openDestination(path: string, read?: BigIntStats): Promise<FileDestination> {
  try {
    const replacement = await Replacement.open(path, read);
    return replacement === undefined ? new Device(path, await open(path, "w")) : new RegularFile(replacement);
  } catch (error) {
    throw unwritable(path, error);
  }
}

const ZEROS = new Uint8Array(64 * 1024);

class RegularFile implements FileDestination {
  readonly #replacement: Replacement;
  #length = 0;

  constructor(replacement: Replacement) {
    this.#replacement = replacement;
  }

  async reserve(bytes: number): Promise<void> {
    await this.#attempt(async () => {
      for (let position = 0; position < bytes; position += ZEROS.length) {
        await this.#replacement.write(ZEROS.subarray(0, bytes - position), position);
      }
    });
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      await this.#replacement.write(bytes, this.#length);
      this.#length += bytes.byteLength;
    });
  }

  async commit(result: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> {
    for await (const piece of result instanceof Uint8Array ? [result] : result) await this.append(piece);
    await this.#attempt(async () => {
      this.#replacement.truncate(this.#length);
      await this.#replacement.commit();
    });
    return this.#length;
  }

  discard(): Promise<void> {
    return this.#replacement.discard();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.discard();
      const { target } = this.#replacement;
      throw isSignPathError(error) ? changed(target, error) : unwritable(target, error);
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
