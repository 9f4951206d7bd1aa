import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

const FLUSH_MS = 20;
const RETRY_MS = 1000;
/** What waits at most while the disk does not take it. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/**
 * A file that lines are appended to behind the back of whoever has them: nobody waits for the disk. A crash loses the
 * lines of the last moment, and may leave one torn.
 */
export class LineFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** Whether the last write failed, and may have left part of a line. */
  #isTorn = false;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @param length how much of the file is good: the rest is cut */
  static async open(path: string, length: number): Promise<LineFile> {
    const file = await open(path, "a", 0o600);
    try {
      await file.truncate(length);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new LineFile(path, file);
  }

  append(line: string): void {
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#isTorn && this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#warn(`${this.#waiting.length} lines are lost`);
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
    this.#flushIn(this.#isTorn ? RETRY_MS : FLUSH_MS);
  }

  /** Writes everything that waits. Rejects where the disk does not take it: it waits on. */
  async flush(): Promise<void> {
    for (;;) {
      if (this.#writing !== undefined) await this.#writing;
      else if (this.#waiting.length > 0) await this.#write();
      else return;
    }
  }

  /** Writes everything, to the disk itself, and closes. */
  async close(): Promise<void> {
    try {
      await this.flush();
      await this.#file.sync();
    } catch (error) {
      this.#warn(error);
    } finally {
      clearTimeout(this.#timer);
      await this.#file.close();
    }
  }

  /** Closes without what waits. */
  async abandon(): Promise<void> {
    this.#waiting = [];
    await this.#writing?.catch(() => undefined);
    clearTimeout(this.#timer);
    await this.#file.close();
  }

  #write(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const text = `${this.#isTorn ? "\n" : ""}${lines.join("\n")}\n`;
    this.#writing = this.#file
      .appendFile(text)
      .then(
        () => {
          this.#isTorn = false;
        },
        (error: unknown) => {
          this.#isTorn = true;
          this.#waiting = [...lines, ...this.#waiting];
          this.#waitingBytes += text.length;
          throw error;
        },
      )
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  #flushIn(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.flush().then(
        () => {
          this.#timer = undefined;
          // What came after the last look.
          if (this.#waiting.length > 0) this.#flushIn(FLUSH_MS);
        },
        (error: unknown) => {
          this.#timer = undefined;
          this.#warn(error);
          this.#flushIn(RETRY_MS);
        },
      );
    }, ms);
    this.#timer.unref();
  }

  #warn(what: unknown): void {
    process.emitWarning(`The emulator cannot write ${this.#path}: ${String(what)}`);
  }
}
