import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { closeSync, createReadStream, fsync, openSync, statSync } from "node:fs";
import { isSystemError } from "../../errors/cli-error.js";
import { readSmall } from "../small-file.js";

/** What is to be signed. */
export interface Content {
  /** SHA-256, in hexadecimal. */
  readonly digest: string;
  /** All of it, where it is small. */
  readonly bytes: Uint8Array | undefined;
  readonly stats: BigIntStats;
}

/**
 * Reads a regular file.
 *
 * @throws errors of the operating system
 */
export async function readContent(path: string, signal: AbortSignal): Promise<Content> {
  const small = await readSmall(path);
  if (small !== undefined) return { digest: digestOfBytes(small.bytes), ...small };
  const stats = statSync(path, { bigint: true });
  if (!stats.isFile()) throw Object.assign(new Error(), { syscall: "read", code: "ESPIPE" });
  return { digest: await digestOf(path, signal), bytes: undefined, stats };
}

/** Whether a file is still the one that was read. */
export function isUnchanged(path: string, before: BigIntStats): boolean {
  const now = statSync(path, { bigint: true });
  return now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs;
}

/**
 * The digest of an output, as it is on the disk.
 *
 * @returns `undefined` where there is none
 * @throws errors of the operating system
 */
export async function digestOfOutput(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const small = await readSmall(path);
    if (small !== undefined) return digestOfBytes(small.bytes);
    if (!statSync(path).isFile()) throw Object.assign(new Error(), { syscall: "open", code: "ESPIPE" });
    return await digestOf(path, signal);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export function digestOfBytes(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function digestOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024, signal }))
    hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Folders that cannot be waited for: Windows opens none, and some file systems know no such thing. */
const NO_SYNC: ReadonlySet<unknown> = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOSYS", "ENOTSUP"]);

/** Waits until names in folders are on the disk. Who asks for the same folder at the same time shares the wait. */
export class FolderSync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves when what was renamed in the folder before the call is on the disk. */
  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    // That may have begun before the rename: the next one counts.
    const next =
      this.#next.get(folder) ??
      running.then(
        () => this.#startNext(folder),
        () => this.#startNext(folder),
      );
    this.#next.set(folder, next);
    return next;
  }

  #startNext(folder: string): Promise<void> {
    this.#next.delete(folder);
    return this.#start(folder);
  }

  #start(folder: string): Promise<void> {
    const running = syncFolder(folder).finally(() => this.#running.delete(folder));
    this.#running.set(folder, running);
    return running;
  }
}

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = openSync(folder, "r");
    try {
      await new Promise<void>((resolve, reject) => {
        fsync(handle, (error) => (error === null ? resolve() : reject(error)));
      });
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (!isSystemError(error) || !NO_SYNC.has(error.code)) throw error;
  }
}
