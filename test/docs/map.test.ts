import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "./support/markdown.js";

const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
const map = page.slice(page.indexOf("## The map"), page.indexOf("## How to add"));

function foldersIn(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

it.each([
  ...foldersIn("src").map((name) => `src/${name}`),
  ...foldersIn("src/cli"),
  ...foldersIn("src/cli/sign"),
  ...foldersIn("src/emulator"),
  ...["test", "docs", "examples", "bench", "fixtures"],
])("the map in CONTRIBUTING.md has %s", (name) => {
  expect(map).toContain(`\`${name}\``);
});
