import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { access, constants, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What is written is gathered up to so many bytes. */
const BUFFER_BYTES = 256 * 1024;

/**
 * A file that is written beside its path and takes its place when it is whole, with the mode of what it replaces: nobody sees
 * half of it. Errors of the file system are passed on as they are.
 */
export class OutputFile {
  readonly #target: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #state: "open" | "closed" | "done" = "open";

  private constructor(target: string, temporary: string, file: FileHandle) {
    this.#target = target;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Follows a symbolic link, and refuses what may not be written or is no regular file. */
  static async open(path: string): Promise<OutputFile> {
    const existing = await statIfThere(path);
    if (existing !== undefined && !existing.isFile()) throw new TypeError(`${path} is no regular file`);
    const target = existing === undefined ? path : await realpath(path);
    if (existing !== undefined) await access(target, constants.W_OK);
    // The name is short, so that there is room for it wherever there is for that of the target.
    const temporary = join(dirname(target), `.signpath-${randomBytes(6).toString("hex")}.tmp`);
    const file = await open(temporary, "wx", 0o666);
    // Not every file system has modes.
    if (existing !== undefined) await file.chmod(existing.mode & 0o777).catch(() => undefined);
    return new OutputFile(target, temporary, file);
  }

  /** The name of the file, for messages. */
  get name(): string {
    return basename(this.#target);
  }

  /** Adds bytes, which the caller may change afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) await this.#flush();
    if (bytes.byteLength > BUFFER_BYTES) return this.#write(bytes);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.byteLength;
  }

  /** Puts the whole in its place. */
  async commit(): Promise<void> {
    await this.#flush();
    await this.#file.sync().catch(() => undefined);
    this.#state = "closed";
    await this.#file.close();
    await rename(this.#temporary, this.#target);
    this.#state = "done";
  }

  /** Leaves everything as it was. Harmless after {@link commit}. */
  async discard(): Promise<void> {
    if (this.#state === "open") await this.#file.close().catch(() => undefined);
    if (this.#state !== "done") await rm(this.#temporary, { force: true });
    this.#state = "done";
  }

  async #flush(): Promise<void> {
    const length = this.#buffered;
    this.#buffered = 0;
    await this.#write(this.#buffer.subarray(0, length));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.byteLength - done);
      done += bytesWritten;
    }
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
