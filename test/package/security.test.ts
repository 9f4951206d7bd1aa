import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

describe("the threat model", () => {
  const text = readFileSync(".github/SECURITY.md", "utf8");
  const [defended = ""] = text.split("## What is not defended");
  const names = (column: number): string[] =>
    defended
      .split("\n")
      .filter((line) => line.startsWith("|") && !/^\| ?(?:-|from)/i.test(line))
      .flatMap((line) =>
        [...(line.split("|")[column] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
      );

  it("names mechanisms that are there", () => {
    const files = names(3);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("names tests that are there", () => {
    const tests = names(4);
    expect(tests.length).toBeGreaterThan(10);
    const isThere = (name: string): boolean =>
      name.endsWith("/*")
        ? readdirSync(`test/${name.slice(0, -2)}`).length > 0
        : existsSync(`test/${name}.test.ts`);
    expect(tests.filter((name) => !isThere(name))).toEqual([]);
  });
});
