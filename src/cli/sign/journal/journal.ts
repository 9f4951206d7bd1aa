import { realpathSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isSignPathError } from "../../../base/errors.js";
import { VERSION } from "../../../base/version.js";
import { CliError, isSystemError, unreadable, unwritable, usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import { AppendFile } from "./append-file.js";
import { FolderSync } from "./content.js";
import type { History, Recipe } from "./history.js";
import type { Holder, Lock } from "./lock.js";
import { takeLock } from "./lock.js";
import type { JournalRecord } from "./record.js";
import { encodeRecord, JOURNAL_VERSION } from "./record.js";
import { replay } from "./replay.js";

/** How long the lock is taken for granted. */
const LOCK_CHECK_MS = 2000;

/** What is told while a journal is opened. */
export interface JournalListener {
  /** Another process works with it. */
  waits(holder: Holder): void;
  /** Its end was torn, and so many bytes were cut off. */
  torn(bytes: number): void;
}

/** One signature on its way. */
export interface Attempt {
  /** The output is about to have its name. */
  made(output: string): Promise<void>;
  /** The output is on the disk. */
  done(output: string, bytes: number): Promise<void>;
  failed(error: unknown): Promise<void>;
  /** It was not asked for. */
  dropped(): Promise<void>;
}

/** The memory of batches: a file of lines that is only added to, and is one process's at a time. */
export class Journal {
  readonly history: History;
  readonly folders: FolderSync = new FolderSync();
  readonly #path: string;
  /** Where names are relative to. */
  readonly #folder: string;
  readonly #file: AppendFile;
  readonly #lock: Lock;
  readonly #realFolders = new Map<string, string>();
  #lockSeenAt = performance.now();

  private constructor(path: string, file: AppendFile, lock: Lock, history: History) {
    this.#path = path;
    this.#folder = dirname(path);
    this.#file = file;
    this.#lock = lock;
    this.history = history;
  }

  /**
   * Opens a journal, or begins one. Waits as long as another process has it.
   *
   * @throws {CliError} `USAGE`, `JOURNAL_INVALID`, `INPUT_UNREADABLE`, `OUTPUT_UNWRITABLE`
   */
  static async open(path: string, signal: AbortSignal, listener: JournalListener): Promise<Journal> {
    const place = await placeOf(path);
    const lock = await takeLock(place, signal, (holder) => listener.waits(holder));
    let handle: FileHandle | undefined;
    try {
      handle = await openFile(path, place);
      const { history, length, torn } = await replay(path, handle);
      if (torn > 0) {
        await handle.truncate(length).catch((error: unknown) => {
          throw unwritable(path, error);
        });
        listener.torn(torn);
      }
      const journal = new Journal(place, new AppendFile(handle, length), lock, history);
      if (length === 0) await journal.#begin();
      return journal;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      await lock.release();
      throw error;
    }
  }

  /** Notes what the batch is, so that it can be gone on with by {@link recordedBatch}. */
  async note(args: readonly string[]): Promise<void> {
    const folder = this.nameOf(".");
    const last = this.history.batch;
    if (last?.folder === folder && JSON.stringify(last.args) === JSON.stringify(args)) return;
    await this.#append({ kind: "batch", folder, args: [...args] });
  }

  /** Resolves when the attempt is on the disk. */
  async attempt(
    facts: Recipe & { readonly file: string; readonly output: string; readonly replaces?: string },
  ): Promise<Attempt> {
    await this.#checkLock();
    const n = this.history.next();
    await this.#append({ kind: "begun", n, ...facts });
    const failed = (code: string, perhapsSigned: boolean): Promise<void> =>
      this.#append({ kind: "failed", n, code, perhapsSigned });
    return {
      made: (output) => this.#append({ kind: "made", n, output }),
      done: (output, bytes) => this.#append({ kind: "done", n, output, bytes }),
      failed: (error) => failed(codeOf(error), mayBeSigned(error)),
      dropped: () => failed("NOT_TRIED", false),
    };
  }

  /** A path as it is written down: relative to the journal, so that both can be moved. */
  nameOf(path: string): string {
    const name = relative(this.#folder, resolve(path));
    return isAbsolute(name) ? name : name.split(sep).join("/") || ".";
  }

  /** Whether a file is the journal or its lock. */
  owns(file: string): boolean {
    const name = this.#placeOf(resolve(file));
    return name === this.#path || dirname(name) === `${this.#path}.lock`;
  }

  /** In the real folder, as the journal's own path is. */
  #placeOf(file: string): string {
    const folder = dirname(file);
    const known = this.#realFolders.get(folder) ?? realFolder(folder);
    this.#realFolders.set(folder, known);
    return join(known, basename(file));
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await this.#lock.release();
  }

  async #begin(): Promise<void> {
    const at = new Date().toISOString();
    await this.#append({ kind: "journal", version: JOURNAL_VERSION, tool: VERSION, at });
    await this.folders.sync(this.#folder);
  }

  async #append(record: JournalRecord): Promise<void> {
    await this.#file.append(encodeRecord(record)).catch((error: unknown) => {
      throw isSystemError(error) ? unwritable(this.#path, error) : error;
    });
  }

  /** A machine that slept may have been given up by another one. */
  async #checkLock(): Promise<void> {
    const now = performance.now();
    if (now - this.#lockSeenAt < LOCK_CHECK_MS) return;
    this.#lockSeenAt = now;
    if (await this.#lock.isHeld()) return;
    throw new CliError("OUTPUT_UNWRITABLE", `${visible(this.#path)} was taken over by another process`, {
      hint: "This one did not show for half a minute. Run the command again when the other one has ended.",
    });
  }
}

/** The real folder, so that each process finds the same lock. */
async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw unreadable(path, error);
  }
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

async function openFile(path: string, place: string): Promise<FileHandle> {
  const stats = await stat(place).catch(() => undefined);
  if (stats !== undefined && !stats.isFile())
    throw usageError(`--journal ${visible(path)} must be a regular file`);
  try {
    const handle = await open(place, stats === undefined ? "wx+" : "r+", 0o600);
    if (stats !== undefined) await checkOwner(path, handle);
    return handle;
  } catch (error) {
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

/**
 * What a journal says is taken for done. One that others could write, or that came with somebody's files, says nothing.
 *
 * @throws {CliError} `USAGE`
 */
export async function checkOwner(path: string, file: FileHandle): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  const { uid, mode } = await file.stat();
  if (uid === user && (mode & 0o077) === 0) return;
  throw usageError(
    `${visible(path)} is not closed to other users, as a journal is`,
    `If you know that signpath has written it on your behalf, make it yours alone: chmod 600 ${visible(path)}`,
  );
}

function codeOf(error: unknown): string {
  return isSignPathError(error) || error instanceof CliError ? error.code : "UNEXPECTED";
}

/** Failures of a single attempt with which the service says that it has made none. */
const NOT_SIGNED: ReadonlySet<string> = new Set([
  "CONFIG_INVALID",
  "AUTHENTICATION_FAILED",
  "FORBIDDEN",
  "POLICY_NOT_FOUND",
  "POLICY_UNUSABLE",
  "ALGORITHM_NOT_SUPPORTED",
  "REQUEST_REJECTED",
  "REQUEST_DENIED",
  "THROTTLED",
  "TLS_FAILED",
  "CHAIN_INCOMPLETE",
]);

function mayBeSigned(error: unknown): boolean {
  if (error instanceof CliError) return !error.code.startsWith("INPUT_") && error.code !== "USAGE";
  if (!isSignPathError(error)) return true;
  return error.attempts > 1 || !NOT_SIGNED.has(error.code);
}
