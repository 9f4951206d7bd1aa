import { once } from "node:events";

/** What a terminal could take for an order, or show in another order than it stands. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside (a file's name, a policy's) as it may be shown on a terminal. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * The one place that writes: data to stdout, talk to stderr. When nobody reads stdout any more (`| head`), the rest is
 * dropped and the work goes on; any other failure of stdout is kept for the end.
 */
export class Output {
  /** Whether stdout gets one JSON object per line. */
  json = false;
  /** Whether each request is told of. */
  verbose = false;
  #closed = false;
  #failure: Error | undefined;

  constructor() {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      this.#closed = true;
      if (error.code !== "EPIPE") this.#failure ??= error;
    });
    process.stderr.on("error", () => undefined);
  }

  /** Why stdout did not take everything; a reader who left is no failure. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get isTerminal(): boolean {
    return process.stdout.isTTY === true;
  }

  /** Data for stdout, as they are. */
  data(data: string | Uint8Array): void {
    if (!this.#closed) process.stdout.write(data);
  }

  /** One line of JSON on stdout, where JSON was asked for. */
  event(event: Readonly<Record<string, unknown>>): void {
    if (this.json) this.data(`${JSON.stringify(event)}\n`);
  }

  /** Lines for the person in front of it. */
  talk(...lines: readonly string[]): void {
    process.stderr.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Bytes for stdout that must arrive: fails where they were not taken. */
  async deliver(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Waits until everything has been handed on. */
  async flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      if (stream.writableNeedDrain) await Promise.race([once(stream, "drain"), once(stream, "close")]);
      if (!stream.destroyed) await new Promise<void>((resolve) => stream.write("", () => resolve()));
    }
  }
}
