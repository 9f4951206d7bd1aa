import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { RunResult } from "../support/run.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const script = join(import.meta.dirname, "../../.ci/dependencies.mjs");

/** A package of the tree: what its manifest and its entry in the lock say beside name and version. */
interface Entry {
  readonly manifest?: object;
  readonly locked?: object;
  readonly files?: Readonly<Record<string, string>>;
}

const README = (total: string, rows: string): string =>
  `# x\n\nIt brings **${total}**.\n\n| licence | packages |\n| --- | --- |\n${rows}\n## Limits\n`;

/** A project that depends on package `a`; what stands in node_modules is named by its location there. */
function project(tree: Readonly<Record<string, Entry>>, readme: string): string {
  const root = temporaryFolder();
  const packages: Record<string, object> = {
    "": { dependencies: { a: "1" }, devDependencies: { dev: "1" } },
    "node_modules/dev": { version: "1.0.0", dev: true, hasInstallScript: true },
  };
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  for (const [place, { manifest, locked, files }] of Object.entries(tree)) {
    const location = `node_modules/${place}`;
    packages[location] = { version: "1.0.0", ...locked };
    write(
      `${location}/package.json`,
      JSON.stringify({ version: "1.0.0", license: "MIT", ...manifest }).padEnd(100_000),
    );
    for (const [path, content] of Object.entries(files ?? {})) write(`${location}/${path}`, content);
  }
  write("package-lock.json", JSON.stringify({ packages }));
  write("README.md", readme);
  return root;
}

function check(root: string, ...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [script, root, ...args]);
}

async function problemsOf(tree: Readonly<Record<string, Entry>>): Promise<string> {
  const { status, stderr } = await check(project(tree, README("1 packages, 0.1 MB", "| MIT | a |\n")));
  expect(status).toBe(1);
  return stderr;
}

test("a tree that is as README.md says passes, and what is for development only is left out", async () => {
  const { status, stdout, stderr } = await check(
    project({ a: {} }, README("1 packages, 0.1 MB", "| MIT | a |\n")),
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("dependencies: 1 packages, 0.1 MB, 100000 bytes");
  expect(stdout).toContain("   100000  MIT           a 1.0.0\n");
});

test("packages inside of packages and peers count, optional peers do not", async () => {
  const root = project(
    {
      a: {
        locked: {
          dependencies: { b: "2" },
          peerDependencies: { "@scope/peer": "1", optional: "1" },
          peerDependenciesMeta: { optional: { optional: true } },
        },
      },
      "a/node_modules/b": { manifest: { license: "ISC" } },
      b: {},
      "@scope/peer": { locked: { dependencies: { b: "1" } } },
      optional: {},
    },
    README("4 packages, 0.4 MB", "| ISC | b |\n| MIT | @scope/peer, a, b |\n"),
  );
  expect(await check(root)).toMatchObject({ status: 0, stderr: "" });
});

test.each([
  ["another number", README("2 packages, 0.1 MB", "| MIT | a |\n"), "must say **1 packages, 0.1 MB**"],
  ["another size", README("1 packages, 0.2 MB", "| MIT | a |\n"), "must say **1 packages, 0.1 MB**"],
  ["another licence", README("1 packages, 0.1 MB", "| ISC | a |\n"), "lists other licences"],
])("%s in README.md is named, and can be brought up to date", async (_what, readme, problem) => {
  const root = project({ a: {} }, readme);
  const { status, stderr } = await check(root);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(problem) });
  expect(await check(root, "--write")).toMatchObject({ status: 0, stderr: "" });
  expect(await check(root)).toMatchObject({ status: 0, stderr: "" });
});

test.each<[string, Entry, string]>([
  ["preinstall", { manifest: { scripts: { preinstall: "x" } } }, "runs preinstall"],
  ["install", { manifest: { scripts: { install: "x" } } }, "runs install"],
  ["postinstall", { manifest: { scripts: { postinstall: "x" } } }, "runs postinstall"],
  ["node-gyp", { files: { "binding.gyp": "" } }, "runs node-gyp"],
  ["something that only the lock knows of", { locked: { hasInstallScript: true } }, "runs a script"],
])("a package that runs %s when it is installed is named", async (_what, entry, problem) => {
  expect(await problemsOf({ a: entry })).toContain(`node_modules/a ${problem} when it is installed`);
});

test.each([["GPL-3.0"], [undefined], [{ type: "MIT" }]])("the licence %j is named", async (license) => {
  expect(await problemsOf({ a: { manifest: { license } } })).toMatch(/node_modules\/a has the licence/);
});

test("a package that is missing or has another version than the locked one is named", async () => {
  expect(await problemsOf({ a: { locked: { dependencies: { b: "1" } } } })).toContain(
    "b, which is not locked",
  );
  expect(await problemsOf({ a: { manifest: { version: "1.0.1" } } })).toContain(
    "is 1.0.1, not 1.0.0: npm ci",
  );
});
