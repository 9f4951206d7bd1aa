import type { Verifier } from "../../support/programs.js";

/** What a snippet of JavaScript takes for granted, and what must be so after it. */
export interface Program {
  /** Of `policy`, where the snippet does not fetch one itself. */
  readonly slug?: string;
  readonly before?: string;
  /** Throws if the snippet has not done what it says. */
  readonly after: string;
  /** Of the snippet's lines the only one, where each is an example of its own. */
  readonly line?: number;
}

/** The same of lines for a shell. */
export interface Shell {
  /** Lines of bash. */
  readonly before?: string;
  /** Fails if the block has not done what it says. */
  readonly after?: string;
  /** Lines that are left out, by why. */
  readonly without?: Readonly<Record<string, RegExp>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly needs?: readonly Verifier[];
}

/** A block that is not run, and why: its syntax is checked, and that what it imports from us is there. */
export interface ReadOnly {
  readonly readOnly: string;
}

/** The blocks below a heading, by language and in their order. */
export interface SectionPlans {
  /** Snippets of JavaScript, each with the programs that are made of it. */
  readonly js?: readonly (readonly Program[] | ReadOnly)[];
  readonly sh?: readonly (Shell | ReadOnly)[];
  /** What is parsed, and looked at. */
  readonly json?: readonly (((value: unknown) => void) | ReadOnly)[];
  readonly yaml?: readonly ReadOnly[];
  readonly powershell?: readonly ReadOnly[];
  readonly java?: readonly ReadOnly[];
  readonly text?: readonly ReadOnly[];
}

/** The blocks of a document, by heading. */
export type Plans = Readonly<Record<string, SectionPlans>>;

export function isReadOnly(plan: object): plan is ReadOnly {
  return "readOnly" in plan;
}
