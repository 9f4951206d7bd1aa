import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunResult } from "./run.js";
import { run } from "./run.js";
import { temporaryFolder } from "./temporary.js";

const DOCUMENTS = ["README.md", "docs/toolkits.md"];
const MARKERS = "<!-- toolkits -->\n<!-- /toolkits -->\n";
const ROW = "| `/jose` | kit | | P-256 | `use` | nobody |";

/** A project with a row of which one test is in `a.test.ts` and another one in `b.test.ts`; vitest is our own. */
describe("a run of vitest with the table's reporter", () => {
  const root = temporaryFolder();
  const test = (body: string): string => `
    import { toolkitTest } from ${JSON.stringify(resolve("test/support/toolkit-row.js"))};
    const row = { subpath: "/jose", toolkit: "kit", installedAs: null, use: "\`use\`" };
    toolkitTest({ ...row, verifiers: [], verifiedBy: ["nobody"] })("proves", "P-256", ({ skip }) => { ${body} });`;
  const vitest = (CI: "true" | "", ...args: readonly string[]): Promise<RunResult> =>
    run(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run", ...args], {
      cwd: root,
      env: { ...process.env, CI, TEST_REPORT: "" },
    });
  const documents = (): Promise<string[]> =>
    Promise.all(DOCUMENTS.map((path) => readFile(join(root, path), "utf8")));
  const reset = async (b: string): Promise<void> => {
    await writeFile(join(root, "test/b.test.ts"), test(b));
    for (const path of DOCUMENTS) await writeFile(join(root, path), MARKERS);
  };

  beforeAll(async () => {
    for (const folder of ["test", "docs"]) await mkdir(join(root, folder));
    await symlink(resolve("node_modules"), join(root, "node_modules"), "junction");
    await writeFile(
      join(root, "vitest.config.ts"),
      `import { ToolkitReporter } from ${JSON.stringify(resolve("test/support/toolkit-reporter.js"))};
      export default ({ mode }) =>
        ({ test: { reporters: ["default", new ToolkitReporter({ writes: mode === "toolkits" })] } });`,
    );
    await writeFile(join(root, "package.json"), `{ "type": "module" }`);
    await writeFile(join(root, "test/a.test.ts"), test(""));
  });

  it("fails in CI where the table is not what was proven, until it is written", async () => {
    await reset("");
    expect(await vitest("")).toMatchObject({ status: 0 });
    const { status, stderr } = await vitest("true");
    expect(status).toBe(1);
    expect(stderr).toContain("README.md does not say what the tests have proven");
    expect(stderr).toContain("docs/toolkits.md does not say");
    expect(stderr).toContain(ROW);
    expect(await documents()).toEqual([MARKERS, MARKERS]);
    expect(await vitest("true", "a.test.ts")).toMatchObject({ status: 0 });
    expect(await vitest("true", "-t", "proves")).toMatchObject({ status: 0 });

    expect(await vitest("true", "--mode", "toolkits")).toMatchObject({ status: 0 });
    for (const document of await documents()) expect(document).toContain(ROW);
    expect(await vitest("true")).toMatchObject({ status: 0 });
  });

  it.each([
    ["was left out", "skip();", 0],
    ["failed", "throw new Error();", 1],
  ])("writes nothing where a test %s", async (_title, body, status) => {
    await reset(body);
    expect(await vitest("")).toMatchObject({ status });
    const writing = await vitest("", "--mode", "toolkits");
    expect(writing.status).toBe(1);
    expect(writing.stderr).toContain("nothing was written");
    expect(await documents()).toEqual([MARKERS, MARKERS]);
  });
});
