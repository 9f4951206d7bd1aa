import { symlinkSync } from "node:fs";
import { delimiter } from "node:path";
import type { CommandFacts } from "../../src/cli/help/command-tree.js";
import { commandFacts } from "../../src/cli/help/command-tree.js";
import { makeProgram } from "../../src/cli/program.js";
import { Session } from "../../src/cli/shell/session.js";
import { temporaryFolder } from "../support/temporary.js";
import { MAIN } from "./support.js";

/** Everything that the help is made from. */
export function wholeTree(): CommandFacts {
  return commandFacts(makeProgram(new Session()));
}

/** The names of all commands, but of `help` itself. */
export function commandNames(): string[] {
  return wholeTree()
    .commands.map(({ name }) => name)
    .filter((name) => name !== "help");
}

/** A PATH with `signpath` as it was built before everything else. */
export function pathWithSignpath(): string {
  const folder = temporaryFolder();
  symlinkSync(MAIN, `${folder}/signpath`);
  return [folder, process.env["PATH"] ?? ""].join(delimiter);
}

/** The commands below "Examples:" in a help, each in one line. */
export function examplesIn(help: string): string[] {
  const [, examples = ""] = /^Examples:\n((?: .*\n?)+)/m.exec(help) ?? [];
  return examples
    .replace(/\\\n/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
