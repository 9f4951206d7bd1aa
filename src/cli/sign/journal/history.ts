import { createHash } from "node:crypto";
import type { BatchRecord, BegunRecord, JournalRecord } from "./record.js";

/** What a signature is of and how it is made: where all of that is the same, another one would be spent for nothing. */
export type Recipe = Pick<BegunRecord, "digest" | "policy" | "certificate" | "format" | "recipe">;

/** What a journal knows of the past. */
export class History {
  /** The last batch. */
  batch: BatchRecord | undefined;
  #next = 0;
  readonly #begun = new Map<number, BegunRecord>();
  /** Digests of the outputs that were made, by {@link keyOf}. */
  readonly #outputs = new Map<string, Set<string>>();
  /** Attempts whose end nobody saw, by {@link keyOf}. */
  readonly #open = new Map<string, BegunRecord>();
  /** Codes of failures after which there may be a signature all the same. */
  readonly #failures = new Map<number, string>();
  /** What was last tried for each file. */
  readonly #files = new Map<string, BegunRecord>();
  /** What is the same in many records is kept once. */
  readonly #texts = new Map<string, string>();

  /** The number of the next attempt. */
  next(): number {
    return this.#next++;
  }

  /** @returns whether the record can follow those before it */
  add(record: JournalRecord): boolean {
    switch (record.kind) {
      case "journal":
        return false;
      case "batch":
        this.batch = record;
        return true;
      case "begun":
        if (record.n < this.#next) return false;
        this.#next = record.n + 1;
        this.#begin(this.#shared(record));
        return true;
      case "made":
      case "done":
      case "failed": {
        const begun = this.#begun.get(record.n);
        if (begun === undefined) return false;
        const key = keyOf(begun);
        if (record.kind !== "made") this.#begun.delete(record.n);
        if (record.kind === "failed") {
          if (record.perhapsSigned) this.#failures.set(record.n, record.code);
          else if (this.#open.get(key)?.n === record.n) this.#open.delete(key);
          return true;
        }
        if (record.kind === "done") this.#open.delete(key);
        this.#made(key, record.output);
        if (begun.file === begun.output) this.#made(keyOf({ ...begun, digest: "" }), record.output);
        return true;
      }
    }
  }

  #begin(begun: BegunRecord): void {
    this.#begun.set(begun.n, begun);
    this.#files.set(begun.file, begun);
    this.#open.set(keyOf(begun), begun);
  }

  #made(key: string, output: string): void {
    this.#outputs.set(key, (this.#outputs.get(key) ?? new Set()).add(output));
  }

  #shared(record: BegunRecord): BegunRecord {
    const once = (text: string): string => {
      const known = this.#texts.get(text) ?? text;
      this.#texts.set(known, known);
      return known;
    };
    const [policy, certificate] = [once(record.policy), once(record.certificate)];
    return { ...record, policy, certificate, format: once(record.format), recipe: once(record.recipe) };
  }

  /** Whether a result with this digest was made of that. */
  hasMade(recipe: Recipe, output: string): boolean {
    return this.#outputs.get(keyOf(recipe))?.has(output) ?? false;
  }

  /** Whether a result was made of that. */
  isMade(recipe: Recipe): boolean {
    return this.#outputs.has(keyOf(recipe));
  }

  /** Whether a file with this digest was made like that, whatever of. */
  isMadeBy({ policy, certificate, format, recipe }: Recipe, output: string): boolean {
    return (
      this.#outputs.get(keyOf({ digest: "", policy, certificate, format, recipe }))?.has(output) ?? false
    );
  }

  /** An attempt of exactly that whose end nobody saw. */
  openAttempt(recipe: Recipe): BegunRecord | undefined {
    return this.#open.get(keyOf(recipe));
  }

  /** What an attempt failed with, where it did not just end. */
  failureOf({ n }: BegunRecord): string | undefined {
    return this.#failures.get(n);
  }

  lastOf(file: string): BegunRecord | undefined {
    return this.#files.get(file);
  }
}

function keyOf({ digest, policy, certificate, format, recipe }: Recipe): string {
  const text = JSON.stringify([digest, policy, certificate, format, recipe]);
  return createHash("sha256").update(text).digest("base64");
}
