import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@babel/parser";
import { describe, expect, it } from "vitest";
import { statusFailure } from "../../src/api/transport/failure.js";
import { SIGNPATH } from "../../src/api/transport/peer.js";
import { readServerWords } from "../../src/api/transport/problem.js";
import { exitCodeOf } from "../../src/cli/errors/exit-codes.js";
import { ROOT } from "./support/markdown.js";

const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");

/** The text below each heading of the third level. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [name = "", ...lines] = part.split(/^## /m)[0]?.split("\n") ?? [];
      return [name, lines.join("\n")] as const;
    }),
);

/** The words of a union of words in a source file. */
function wordsOf(file: string, type: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const { body } = parse(source, { sourceType: "module", plugins: ["typescript"] }).program;
  for (const node of body) {
    const declared = node.type === "ExportNamedDeclaration" ? node.declaration : undefined;
    if (declared?.type !== "TSTypeAliasDeclaration" || declared.id.name !== type) continue;
    if (declared.typeAnnotation.type !== "TSUnionType") throw new Error(`${type} is no union`);
    return declared.typeAnnotation.types.map((each) => {
      if (each.type !== "TSLiteralType" || each.literal.type !== "StringLiteral")
        throw new Error(`${type} has more than words`);
      return each.literal.value;
    });
  }
  throw new Error(`${file} has no ${type}`);
}

const codes = [
  ...wordsOf("src/base/errors.ts", "SignPathErrorCode"),
  ...wordsOf("src/cli/errors/exit-codes.ts", "CliErrorCode"),
];

it("docs/errors.md has a section for each code, and for no other", () => {
  expect([...sections.keys()].toSorted()).toEqual(codes.toSorted());
});

describe.each(codes)("the section about %s", (code) => {
  const text = sections.get(code) ?? "";

  it("says what it means, from where it comes and what to do", () => {
    expect(text.trim().split("\n")[0]?.length).toBeGreaterThan(20);
    expect(text).toMatch(/^- \*\*From:\*\* ./m);
    expect(text).toMatch(
      /\*\*What to do:\*\* .|what to do stands in|Please report it|is found out before|other files/,
    );
  });

  it("says its exit code, and whether it is worth another try", () => {
    const [, exitCode, retryable] = /^- Exit code (\d)\b.*?\b(not retryable|retryable)\b/im.exec(text) ?? [];
    expect(Number(exitCode)).toBe(exitCodeOf(code));
    expect(retryable?.toLowerCase()).toMatch(/retryable$/);
  });

  it("says what the client makes of the statuses that it names", () => {
    const [, said = ""] = /^- \*\*The server said:\*\* (.*)$/m.exec(text) ?? [];
    const statuses = [...said.matchAll(/\bstatus (\d{3}(?:(?:, | or )\d{3})*)/g)].flatMap(([, list = ""]) =>
      list.split(/, | or /).map(Number),
    );
    const words = (status: number): Buffer => {
      const quota = /quota/.test(said) && status === 429;
      const field = /`(SigningPolicy\w+)` (?:or|among)/.exec(said)?.[1];
      return Buffer.from(
        JSON.stringify({
          ...(quota && { detail: "The quota is used up." }),
          ...(field !== undefined && { errors: { [field]: ["words"] } }),
        }),
      );
    };
    for (const status of statuses) {
      const failure = statusFailure(status, readServerWords(words(status), String), undefined);
      expect([status, failure.code]).toEqual([status, code]);
      const error = failure.toError({
        peer: SIGNPATH,
        request: { what: "request", stage: "sign", method: "POST" },
        host: "signpath.example",
        attempts: 1,
        elapsedMs: 1,
      } as never);
      expect([status, error.retryable]).toEqual([status, /^- Exit code \d, retryable/m.test(text)]);
    }
  });
});

it("docs/errors.md has a row for each reason of a verification, and for no other", () => {
  const text = sections.get("VERIFICATION_FAILED") ?? "";
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(rows.toSorted()).toEqual(wordsOf("src/cms/verify/report.ts", "ReasonCode").toSorted());
});

it("docs/errors.md names no code that there is not", () => {
  const known = new Set([...codes, ...wordsOf("src/cms/verify/report.ts", "ReasonCode")]);
  const foreign = /^(?:CKR_|NTE_|NODE_|SIGNPATH_|HTTPS_|NO_PROXY$|ENOENT|EACCES|ECONNREFUSED)/;
  const named = [...page.matchAll(/\b[A-Z][A-Z]+(?:_[A-Z]+)+\b/g)].map(([word]) => word);
  expect(named.filter((word) => !known.has(word) && !foreign.test(word))).toEqual([]);
});
