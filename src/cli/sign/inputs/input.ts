import type { Seen } from "./seen.js";

/** A file to sign, or stdin. */
export interface Input {
  /** As it was given, or as it was found below what was given. */
  readonly file: string;
  /** Where it is below the directory, or the fixed part of the pattern, that it was found by. */
  readonly below?: string | undefined;
  /** Where it was looked at already. */
  readonly seen?: Seen | undefined;
}

/** What there is to sign. */
export interface Inputs {
  readonly files: readonly Input[];
  /** How many files were left out because of their names, and why. */
  readonly leftOut: ReadonlyMap<LeftOut, number>;
}

/** Why a file is not signed that stands in a directory. */
export type LeftOut = "made" | "hidden";
