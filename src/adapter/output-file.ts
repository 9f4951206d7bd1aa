import type { BigIntStats } from "node:fs";
import { Replacement } from "../base/replacement.js";

/** What is written is gathered up to so many bytes. */
const BUFFER_BYTES = 256 * 1024;

/** A file that is written from its beginning to its end, in small pieces, and is seen when it is whole. */
export class OutputFile {
  readonly #replacement: Replacement;
  readonly #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;

  private constructor(replacement: Replacement) {
    this.#replacement = replacement;
  }

  /**
   * Errors of the file system are passed on as they are.
   *
   * @param read - what is made from the file that stands there: that file, as it was before it was read
   * @throws {TypeError} for what is no regular file
   */
  static async open(path: string, read?: BigIntStats): Promise<OutputFile> {
    const replacement = await Replacement.open(path, read);
    if (replacement === undefined) throw new TypeError(`${path} is no regular file`);
    return new OutputFile(replacement);
  }

  /** Adds bytes, which the caller may change afterwards. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) await this.#flush();
    if (bytes.byteLength > BUFFER_BYTES) return this.#replacement.write(bytes);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.byteLength;
  }

  /**
   * Puts the whole in its place.
   *
   * @throws {SignPathError} `REQUEST_REJECTED` where the file that it was made from has changed meanwhile
   */
  async commit(): Promise<void> {
    await this.#flush();
    await this.#replacement.commit();
  }

  /** Leaves everything as it was. Harmless after {@link commit}. */
  discard(): Promise<void> {
    return this.#replacement.discard();
  }

  async #flush(): Promise<void> {
    const length = this.#buffered;
    this.#buffered = 0;
    await this.#replacement.write(this.#buffer.subarray(0, length));
  }
}
