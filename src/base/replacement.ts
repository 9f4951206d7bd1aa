import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import {
  accessSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { chmod, constants, copyFile, open, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { changedMeanwhile, isAsItWas } from "./unchanged.js";

/** The bits of a mode that say who may do what. */
const PERMISSIONS = 0o777;

/** File systems that have no such thing as waiting for the disk. */
const NO_SYNC: ReadonlySet<unknown> = new Set(["EINVAL", "ENOSYS", "ENOTSUP"]);

/** Up to so many bytes are written at once: the system takes them faster than another thread takes the order. */
const SMALL_BYTES = 64 * 1024;

/** Where a file goes, with its links followed, and the mode and the owner of what is there. */
interface Place {
  readonly target: string;
  readonly mode: number | undefined;
  readonly owner: Owner | undefined;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whoever wants to know of a file that is whole, before it takes its place. */
const beforeNaming = new AsyncLocalStorage<(path: string) => Promise<void>>();

/**
 * Does some work, and before a file that it writes takes its place, has `onWhole` look at it: it is whole and on the disk,
 * at that path. What `onWhole` throws fails the work and leaves everything as it was.
 */
export function withWholeFiles<T>(
  onWhole: (path: string) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  return beforeNaming.run(onWhole, work);
}

/**
 * A file that is written beside its path and takes its place when it is whole and on the disk, with the mode of what it
 * replaces, and its owner where that may be given: nobody sees half of it. A symbolic link goes on leading to it. Errors of
 * the file system are passed on as they are.
 *
 * What waits for the disk is done on other threads. What asks for names alone is not: to hand it over and back costs ten times
 * what it takes, and of 10 000 small files that is most of the time.
 */
export class Replacement {
  /** What is replaced, or comes into being. */
  readonly target: string;
  /** The file beside it, open for reading and writing; {@link commit} and {@link discard} close it. */
  readonly file: FileHandle;
  readonly #temporary: string;
  readonly #read: BigIntStats | undefined;
  #isOpen = true;

  private constructor(target: string, temporary: string, file: FileHandle, read: BigIntStats | undefined) {
    this.target = target;
    this.#temporary = temporary;
    this.file = file;
    this.#read = read;
  }

  /**
   * An empty one.
   *
   * @param read - what is made from the file that stands there: that file, as it was before it was read
   * @returns `undefined` where there is something else than a regular file
   */
  static async open(path: string, read?: BigIntStats): Promise<Replacement | undefined> {
    const place = placeOf(path);
    if (place === undefined) return undefined;
    return makeBeside(place.target, async (temporary) => {
      const file = await open(temporary, "wx+", 0o666);
      setOwner(file, place.owner);
      setMode(file, place.mode);
      return new Replacement(place.target, temporary, file, read);
    });
  }

  /**
   * A copy of a file, with the mode of that where it replaces nothing. Where it replaces that file, it does so only if that is
   * still as it was copied.
   *
   * @returns `undefined` where one of both is something else than a regular file
   */
  static async copyOf(source: string, path: string): Promise<Replacement | undefined> {
    const copied = await stat(source, { bigint: true });
    const place = placeOf(path);
    if (place === undefined || !copied.isFile()) return undefined;
    return makeBeside(place.target, async (temporary) => {
      await copyFile(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      // It has the mode of the source, which its owner may not be allowed to write.
      await chmod(temporary, 0o600).catch(() => undefined);
      const file = await open(temporary, "r+");
      setOwner(file, place.owner);
      setMode(file, place.mode ?? Number(copied.mode) & PERMISSIONS);
      const isItself = realpathSync.native(source) === place.target;
      return new Replacement(place.target, temporary, file, isItself ? copied : undefined);
    });
  }

  /** Writes all of the bytes, at a position or behind what was written before. */
  async write(bytes: Uint8Array, position?: number): Promise<void> {
    const isSmall = bytes.byteLength <= SMALL_BYTES;
    for (let done = 0; done < bytes.byteLength; ) {
      const at = position === undefined ? null : position + done;
      const rest = bytes.byteLength - done;
      if (isSmall) done += writeSync(this.file.fd, bytes, done, rest, at);
      else done += (await this.file.write(bytes, done, rest, at)).bytesWritten;
    }
  }

  /** Cuts off what is behind so many bytes. */
  truncate(length: number): void {
    ftruncateSync(this.file.fd, length);
  }

  /**
   * Puts the whole in its place. After a failure {@link discard} is still to be called.
   *
   * @throws {SignPathError} `REQUEST_REJECTED` where the file that it was made from has changed meanwhile
   */
  async commit(): Promise<void> {
    await this.file.sync().catch((error: unknown) => {
      if (!NO_SYNC.has(codeOf(error))) throw error;
    });
    await this.#close();
    await beforeNaming.getStore()?.(this.#temporary);
    if (this.#read !== undefined && !isAsItWas(this.target, this.#read)) throw changedMeanwhile(this.target);
    renameSync(this.#temporary, this.target);
    unfinished.delete(this.#temporary);
  }

  /** Leaves everything as it was. Harmless after {@link commit}. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await removeTemporary(this.#temporary);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.file.close();
  }
}

/** Temporary files that exist now: whatever ends the process, they go with it. */
const unfinished = new Set<string>();
let isWatching = false;

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

async function makeBeside(
  target: string,
  make: (temporary: string) => Promise<Replacement>,
): Promise<Replacement> {
  // The name is short, so that there is room for it wherever there is for that of the target.
  const temporary = join(dirname(target), `.signpath-${randomUUID().slice(-12)}.tmp`);
  unfinished.add(temporary);
  if (!isWatching) process.on("exit", removeUnfinished);
  isWatching = true;
  try {
    return await make(temporary);
  } catch (error) {
    await removeTemporary(temporary);
    throw error;
  }
}

async function removeTemporary(path: string): Promise<void> {
  if (!unfinished.has(path)) return;
  try {
    await rm(path, { force: true });
    unfinished.delete(path);
  } catch {
    // It is tried again when the process ends.
  }
}

/** Follows a symbolic link, and fails for what may not be written; `undefined` for what is no regular file. */
function placeOf(path: string): Place | undefined {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return { target: path, mode: undefined, owner: undefined };
  const existing = there.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : there;
  if (existing === undefined) {
    const target = resolve(dirname(path), readlinkSync(path));
    return { target, mode: undefined, owner: undefined };
  }
  if (!existing.isFile()) return undefined;
  const target = realpathSync.native(path);
  accessSync(target, constants.W_OK);
  return { target, mode: existing.mode & PERMISSIONS, owner: existing };
}

/** Root may give files away, others may choose among their groups; not every system has owners. */
function setOwner(file: FileHandle, owner: Owner | undefined): void {
  if (owner === undefined || (owner.uid === process.geteuid?.() && owner.gid === process.getegid?.())) return;
  try {
    fchownSync(file.fd, owner.uid, owner.gid);
  } catch {
    // It belongs to whoever made it.
  }
}

/** Not every file system has modes. */
function setMode(file: FileHandle, mode: number | undefined): void {
  if (mode === undefined) return;
  try {
    fchmodSync(file.fd, mode);
  } catch {
    // It keeps the one that it was made with.
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : undefined;
}
