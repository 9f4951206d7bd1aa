import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { SETTINGS } from "../../src/config/settings.js";
import { run } from "../support/run.js";
import { pathOf, testWith } from "../support/verifiers.js";
import { wholeTree } from "./help-support.js";

const pages = manifest.man.map((path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const [main = "", git = ""] = pages;

testWith("mandoc", "mandoc finds nothing to warn of in the manual pages", async () => {
  const { status, stdout, stderr } = await run(pathOf("mandoc"), ["-T", "lint", "-W", "warning", ...pages]);
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});

testWith(
  ["man", "mandoc"],
  "man shows each command with its options, each setting, exit code and example",
  async () => {
    const env = { ...process.env, MANWIDTH: "400", LC_ALL: "C.UTF-8", MAN_KEEP_FORMATTING: "" };
    const shown = await run(pathOf("man"), ["--warnings", "-l", main], { env });
    expect([shown.status, shown.stderr]).toEqual([0, ""]);
    const text = shown.stdout.replace(/ +/g, " ");
    for (const { usage, description, options } of wholeTree().commands.filter(
      ({ name }) => name !== "help",
    )) {
      expect(text).toContain(usage);
      expect(text).toContain(description);
      for (const option of options)
        expect(text).toMatch(new RegExp(`${option.long}\\b[^\\n]*?\\s+${escaped(option.description)}`));
    }
    for (const { variables } of Object.values(SETTINGS)) {
      for (const { name } of variables) expect(text).toContain(name);
    }
    const [, exits = ""] = /EXIT STATUS\n(.*?)\nEXAMPLES/s.exec(text) ?? [];
    for (const code of [0, 1, 2, 3, 4, 5, 6, 130, 143]) expect(exits).toMatch(new RegExp(`\\b${code} \\w`));
    expect(text).toContain("signpath sign setup.msi --policy my-app/release # makes setup.msi.p7s");
    expect(text).toContain("-CAfile root.pem -out verified.msi");
    const gitPage = await run(pathOf("man"), ["--warnings", "-l", git], { env });
    expect(gitPage.stderr).toBe("");
    expect(gitPage.stdout).toContain("git config gpg.x509.program signpath-git");
  },
);

test("the manual page can be copied from: its hyphens are none of typography", () => {
  for (const page of pages) expect(readFileSync(page, "utf8").replace(/^\.TH.*/, "")).not.toMatch(/(?<!\\)-/);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
