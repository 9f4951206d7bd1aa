import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A file that is only added to. What is added at the same time shares one write and one wait for the disk. */
export class AppendFile {
  readonly #file: FileHandle;
  #length: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param length - of what is in the file and counts */
  constructor(file: FileHandle, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Resolves when the text is on the disk. After a failure nothing is added any more, and each call fails with it. */
  append(text: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Waits for what is under way, and closes the file. */
  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // Whoever adds something in this turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== undefined) throw this.#failure.error;
        await this.#write(Buffer.from(batch.map(({ text }) => text).join("")));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#failure ??= { error };
        for (const { reject } of batch) reject(error);
      }
      // They may have more to add by now.
      await Promise.resolve();
    }
    this.#flushing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const at = this.#length + done;
        done += writeSync(this.#file.fd, bytes, done, bytes.byteLength - done, at);
      }
      await this.#file.datasync();
      this.#length += bytes.byteLength;
    } catch (error) {
      // A full disk leaves half of it. What cannot be cut off is found as torn the next time.
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw error;
    }
  }
}
