import { once } from "node:events";
import type { Style } from "./style.js";
import { COLOURED, isDumb, PLAIN, wantsColour } from "./style.js";

/** The last line of a terminal, while it changes. */
export interface LastLine {
  /** Writes lines above it. */
  above(lines: string): void;
}

/** What a terminal could take for an order, or show in another order than it stands. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside (a file's name, a policy's) as it may be shown on a terminal. */
export function visible(text: string): string {
  return inert(text.replace(INVISIBLE, escaped));
}

/**
 * What the log of a CI takes for a command: `::error::` at the start of a line (GitHub), `##vso[`, `##[` and `##teamcity[`
 * anywhere (Azure, GitHub, TeamCity). GitLab's need control characters.
 */
const COMMANDS = /^(\s*):(?=:[a-z-]+(?:::| ))|#(?=#\w*\[)/gim;

/** Text that gives no orders to the CI that keeps it as its log. */
export function inert(text: string): string {
  return text.replace(COMMANDS, (match) => match.slice(0, -1) + escaped(match.slice(-1)));
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/**
 * The one place that writes: data to stdout, talk to stderr. When nobody reads stdout any more (`| head`), the rest is
 * dropped and the work goes on; any other failure of stdout is kept for the end.
 */
export class Output {
  /** Whether stdout gets one JSON object per line. */
  json = false;
  /** Whether each step is told of. */
  verbose = false;
  /** Whether failures and warnings alone are told of. */
  quiet = false;
  /** That of talk. */
  style: Style = PLAIN;
  /** The last line of the terminal, where there is one that changes. */
  live: LastLine | undefined;
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

  /** Whether stderr is a terminal on which a line can be written anew. */
  get canRedraw(): boolean {
    return process.stderr.isTTY === true && !isDumb(process.env);
  }

  /** @param option - what the command line says; without it the environment decides */
  useColours(option: boolean | undefined): void {
    this.style = wantsColour(process.stderr.isTTY === true, process.env, option) ? COLOURED : PLAIN;
  }

  /** Data for stdout, as they are. */
  data(data: string | Uint8Array): void {
    if (!this.#closed) process.stdout.write(data);
  }

  /** One line of JSON on stdout, where JSON was asked for. */
  event(event: Readonly<Record<string, unknown>>): void {
    // No value is changed by that: a "#" stands in strings alone, where it may be written like this.
    if (this.json) this.data(`${JSON.stringify(event).replace(/#(?=#\w*\[)/g, "\\u0023")}\n`);
  }

  /** Lines for the person in front of it. */
  talk(...lines: readonly string[]): void {
    this.#write(lines.map((line) => `${inert(line)}\n`).join(""));
  }

  /** A command for the CI that keeps stderr as its log. */
  order(command: string): void {
    this.#write(`${command}\n`);
  }

  /** Bytes for stdout that must arrive: fails where they were not taken. */
  async deliver(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  #write(text: string): void {
    if (this.live === undefined) process.stderr.write(text);
    else this.live.above(text);
  }

  /** Waits until everything has been handed on. */
  async flush(): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) {
      if (stream.writableNeedDrain) await Promise.race([once(stream, "drain"), once(stream, "close")]);
      if (!stream.destroyed) await new Promise<void>((resolve) => stream.write("", () => resolve()));
    }
  }
}
