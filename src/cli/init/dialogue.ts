import { createInterface } from "node:readline/promises";
import { Unreadable } from "../../config/readers.js";
import { usageError } from "../errors/cli-error.js";
import type { Check } from "./checks.js";

const UNANSWERED = "the questions were not answered: nothing was written";

/** One question. */
export interface Question {
  readonly words: string;
  readonly check: Check;
  /** For an empty answer; undefined: there must be one. */
  readonly otherwise: string | undefined;
}

/** Asks a person on the terminal; what is said goes to stderr. */
export class Dialogue {
  readonly #signal: AbortSignal;
  readonly #talk: (...lines: readonly string[]) => void;
  readonly #lines: ReturnType<typeof createInterface>;
  readonly #closed: Promise<never>;

  constructor(signal: AbortSignal, talk: (...lines: readonly string[]) => void) {
    this.#signal = signal;
    this.#talk = talk;
    this.#lines = createInterface({ input: process.stdin, output: process.stderr, historySize: 0 });
    this.#closed = new Promise((_, reject) => {
      this.#lines.once("close", () =>
        reject(usageError(UNANSWERED, "signpath init --help names the flags that answer them.")),
      );
    });
    this.#closed.catch(() => undefined);
    // As long as lines are read, the terminal sends no signal.
    this.#lines.on("SIGINT", () => process.emit("SIGINT", "SIGINT"));
  }

  /** Asks until the answer is one. */
  async ask({ words, check, otherwise }: Question): Promise<string> {
    for (;;) {
      const said = otherwise ? ` (${otherwise})` : "";
      const asked = this.#lines.question(`${words}${said}: `, { signal: this.#signal });
      const answer = (await Promise.race([asked, this.#closed])).trim();
      if (answer === "" && otherwise !== undefined) return otherwise;
      try {
        return check(answer);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        this.#talk(`  It ${error.message}.`);
      }
    }
  }

  /** Has one of some things chosen, by its number or its name. */
  async choose(words: string, choices: readonly string[], otherwise: string): Promise<string> {
    this.#talk(...choices.map((choice, index) => `  ${String(index + 1).padStart(3)}  ${choice}`));
    const check = (answer: string): string => {
      const chosen = choices[Number(answer) - 1] ?? choices.find((choice) => choice === answer);
      if (chosen === undefined)
        throw new Unreadable(`must be a number from 1 to ${choices.length}, or a name`);
      return chosen;
    };
    return this.ask({ words, check, otherwise });
  }

  close(): void {
    this.#lines.close();
  }
}
