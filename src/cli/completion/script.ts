import type { Command } from "commander";
import type { CommandFacts } from "../help/command-tree.js";
import { commandFacts } from "../help/command-tree.js";
import { bashCompletion } from "./bash.js";
import { fishCompletion } from "./fish.js";
import { zshCompletion } from "./zsh.js";

/** A shell that can be had to complete. */
export type Shell = "bash" | "zsh" | "fish";

const WRITERS: Readonly<Record<Shell, (program: CommandFacts) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The completion of a program for one of the shells. */
export function completionScript(program: Command, shell: Shell): string {
  return WRITERS[shell](commandFacts(program));
}
