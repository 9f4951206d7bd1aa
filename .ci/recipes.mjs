// docs/ci.md has the jobs that `signpath init` makes: `node .ci/recipes.mjs`, after `tsc`, writes them there.
import { readFileSync, writeFileSync } from "node:fs";
import { commandFacts } from "../dist/cli/help/command-tree.js";
import { withRecipes } from "../dist/cli/init/recipes/document.js";
import { makeProgram } from "../dist/cli/program.js";
import { Session } from "../dist/cli/shell/session.js";

const path = "docs/ci.md";
const { commands } = commandFacts(makeProgram(new Session()));
const sign = commands.find(({ name }) => name === "sign");
const journal = sign?.options.some(({ long }) => long === "--journal") ?? false;
writeFileSync(path, withRecipes(readFileSync(path, "utf8"), journal));
