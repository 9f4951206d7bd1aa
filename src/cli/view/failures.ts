import type { Description } from "../errors/describe.js";
import { STREAM } from "../sign/plan.js";

/** What failed, and how. */
export interface Failure {
  /** Undefined: nothing of one file. */
  readonly file: string | undefined;
  readonly code: string;
  /** The first line that is shown of it. */
  readonly message: string;
}

/** The failures with one code. */
export interface FailureGroup {
  readonly code: string;
  count: number;
  /** The first ones. */
  readonly files: string[];
  /** What to do, of the first one that says so. */
  advice: string | undefined;
}

/** Files that are named for each code. */
const NAMED = 3;

/** Failures that are kept as they are, however many there are. */
const KEPT = 200;

/** All failures of a batch, in bounded memory. */
export class Failures {
  readonly #groups = new Map<string, FailureGroup>();
  readonly #first: Failure[] = [];

  add({ code, lines, advice }: Description, file: string | undefined): void {
    const name = file === STREAM ? "stdin" : file;
    const group = this.#groups.get(code) ?? { code, count: 0, files: [], advice };
    this.#groups.set(code, group);
    group.count++;
    group.advice ??= advice;
    if (name !== undefined && group.files.length < NAMED) group.files.push(name);
    if (this.#first.length < KEPT) this.#first.push({ file: name, code, message: lines[0] ?? "" });
  }

  /** The first ones. */
  get first(): readonly Failure[] {
    return this.#first;
  }

  /** By code, the most frequent first. */
  get groups(): readonly FailureGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }
}
