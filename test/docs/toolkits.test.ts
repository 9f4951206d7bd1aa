import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "./support/markdown.js";

describe("every subpath and program of the package", () => {
  const page = readFileSync(join(ROOT, "docs/toolkits.md"), "utf8");
  const beside = ["", "/cms", "/emulator", "/package.json"];
  const subpaths = Object.keys(manifest.exports)
    .map((name) => name.slice(1))
    .filter((name) => !beside.includes(name));
  const programsOf = Object.keys(manifest.bin).filter((name) => !["signpath", manifest.name].includes(name));
  const sources = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(mjs|ts)$/.test(name))
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8"));
  const examples = sources("examples");
  const tests = sources("test");

  it.each([...subpaths, ...programsOf])("has a section in docs/toolkits.md: %s", (name) => {
    const sections = page
      .split(/^### /m)
      .filter((text) => text.split("\n")[0]?.split(" and ").includes(name));
    expect(sections).toHaveLength(1);
    expect(sections[0]?.split("\n").slice(1).join("").length).toBeGreaterThan(100);
  });

  it.each(subpaths)("has an example: %s", (name) => {
    expect(examples.filter((text) => text.includes(`"${manifest.name}${name}"`))).not.toEqual([]);
  });

  it.each([...subpaths, ...programsOf])("has tests that make a row of the table: %s", (name) => {
    expect(tests.filter((text) => text.includes(`subpath: "${name}"`))).not.toEqual([]);
  });
});
