import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALL_DOCUMENTS, parseDocument, ROOT, readDocument, targetOf } from "./support/markdown.js";

const documents = new Map(ALL_DOCUMENTS.map((path) => [path, readDocument(path)]));

function exists(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined;
}

describe("a link within the repository leads to a file, and to a heading of it", () => {
  it.each(ALL_DOCUMENTS)("in %s", (path) => {
    const broken = documents.get(path)?.links.flatMap(({ target, line }) => {
      const place = targetOf(path, target);
      if (place === undefined) return [];
      if (place.path.startsWith("..") || !exists(place.path)) return [`line ${line}: ${target}`];
      const anchors = documents.get(place.path)?.anchors;
      return place.anchor === "" || anchors?.has(place.anchor) === true ? [] : [`line ${line}: ${target}`];
    });
    expect(broken).toEqual([]);
  });
});

it("a stranger finds each document from README.md in two clicks", () => {
  const reached = (path: string): string[] =>
    (documents.get(path)?.links ?? []).flatMap(({ target }) => targetOf(path, target)?.path ?? []);
  const first = reached("README.md");
  const found = new Set(["README.md", ...first, ...first.flatMap(reached)]);
  expect(ALL_DOCUMENTS.filter((path) => !found.has(path))).toEqual([]);
});

describe("what the tests read of Markdown", () => {
  it("has the anchors that GitHub makes", () => {
    const { anchors } = parseDocument(
      "a.md",
      "# A `b` & c!\n## JWS and JWT\n## JWS and JWT\n### /pkijs\n# [Link](x.md) here\n",
    );
    expect([...anchors]).toEqual(["a-b--c", "jws-and-jwt", "jws-and-jwt-1", "pkijs", "link-here"]);
  });

  it("takes no link and no heading out of code", () => {
    const { links, anchors } = parseDocument("a.md", "`[a](b)` [c](d.md)\n```sh\n# no [e](f)\n```\n");
    expect(links).toEqual([{ target: "d.md", line: 1 }]);
    expect([...anchors]).toEqual([]);
  });

  it("refuses a block without an end", () => {
    expect(() => parseDocument("a.md", "```sh\necho\n")).toThrow("a.md: the block of line 1 has no end");
  });
});
