import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const bench = new URL("../../bench/", import.meta.url);

it("each figure of the benchmark is explained in its README, and no other", () => {
  const text = readFileSync(new URL("README.md", bench), "utf8");
  const explained = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  const figures = readdirSync(new URL("figures/", bench)).map((file) => file.replace(/\.mjs$/, ""));
  expect(explained.sort()).toEqual(figures.sort());
});
