import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const script = join(import.meta.dirname, "../../.ci/floors.mjs");

/** Runs the check on a tree of these files: what it complains of, line by line. */
async function leaksOf(sources: Record<string, string>): Promise<string[]> {
  const root = temporaryFolder();
  for (const [path, source] of Object.entries({ "src/index.ts": "", ...sources })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }
  const { status, stderr } = await run(process.execPath, [script, root]);
  const leaks = stderr.split("\n").filter((line) => line !== "");
  expect(status).toBe(leaks.length === 0 ? 0 : 1);
  return leaks;
}

test("imports that point downwards pass, and so do late ones of heavy packages", async () => {
  const leaks = await leaksOf({
    "src/index.ts": `export { SignPath } from "./signpath.js";\nexport type { Code } from "./base/errors.js";`,
    "src/signpath.ts": `import { policy } from "./policy/policy.js";`,
    "src/policy/policy.ts": `import type { X509Certificate } from "@peculiar/x509";
      import { createRequire } from "node:module";
      import "./chain.js";
      const load = createRequire(import.meta.url);
      export const get = () => load("@peculiar/x509");
      export async function pool() { return import("undici"); }`,
    "src/policy/chain.ts": `import "../api/client.js"; import "../config/config.js";`,
    "src/api/client.ts": `import "../wire/routes.js"; import "../base/errors.js";`,
    "src/config/config.ts": "export {};",
    "src/base/errors.ts": `import type { Problem } from "../wire/problem.js";`,
    "src/wire/routes.ts": "export {};",
    "src/wire/problem.ts": "export {};",
    "src/toolkit/pkijs.ts": `import "pkijs"; import "../cms/index.js";`,
    "src/cms/index.ts": `import "asn1js";`,
    "src/cli/main.ts": `const emulator = () => import("../emulator/index.js"); using x = emulator();`,
    "src/emulator/index.ts": `import "../wire/routes.js"; import "./ca.js";`,
    "src/emulator/ca.ts": `import "pkijs";`,
  });
  expect(leaks).toEqual([]);
});

test("an import that points upwards is named, whatever its form", async () => {
  const forms = [
    `import { x } from "../key/key.js";`,
    `import type { X } from "../key/key.js";`,
    `import "../key/key.js";`,
    `export { x } from "../key/key.js";`,
    `export * from "../key/key.js";`,
    `export const x = () => import("../key/key.js");`,
    `export type X = typeof import("../key/key.js");`,
    `import x = require("../key/key.js");`,
    `export const x = () => require("../key/key.js");`,
    `createRequire(import.meta.url)("../key/key.js");`,
    `const load = module.createRequire(import.meta.url); load("../key/key.js");`,
  ];
  const sources = forms.map((form, index) => [`src/config/${10 + index}.ts`, `\n${form}`]);
  const leaks = await leaksOf({ ...Object.fromEntries(sources), "src/key/key.ts": "" });
  expect(leaks).toEqual(
    sources.map(([path]) => `${path}:2 imports src/key/key.ts: floor 1 must not reach up to floor 4`),
  );
});

test("each floor ends where the next begins, and the emulator stands apart", async () => {
  const leaks = await leaksOf({
    "src/base/a.ts": "",
    "src/cms/a.ts": `import "../toolkit/a.js";`,
    "src/emulator/a.ts": `import "../base/a.js";`,
    "src/signpath.ts": `import "./cms/a.js";`,
    "src/subtle/a.ts": `import "../signpath.js";`,
    "src/toolkit/a.ts": `import "../emulator/a.js";`,
    "src/wire/a.ts": `import "../base/a.js";`,
  });
  expect(leaks).toEqual([
    "src/cms/a.ts:1 imports src/toolkit/a.ts: floor 6 must not reach up to floor 7",
    "src/emulator/a.ts:1 imports src/base/a.ts: the emulator shares wire/ only",
    "src/signpath.ts:1 imports src/cms/a.ts: floor 5.5 must not reach up to floor 6",
    "src/subtle/a.ts:1 imports src/signpath.ts: floor 5 must not reach up to floor 5.5",
    "src/toolkit/a.ts:1 imports src/emulator/a.ts: only cli/ may use the emulator",
    "src/wire/a.ts:1 imports src/base/a.ts: wire/ must not import its neighbour base/",
  ]);
});

test("an import that cannot be placed is named", async () => {
  const leaks = await leaksOf({
    "src/api/a.ts": [
      `import "./b.js";`,
      `import "../../bench/b.js";`,
      `import "signpath-webcrypto/cms";`,
      "import(name);",
    ].join("\n"),
    "src/other/a.ts": "",
  });
  expect(leaks).toEqual([
    "src/api/a.ts:1 imports src/api/b.js: there is no such file in src/",
    "src/api/a.ts:2 imports bench/b.js: there is no such file in src/",
    "src/api/a.ts:3 imports signpath-webcrypto/cms: inside src/, files are imported by their path",
    "src/api/a.ts:4 imports something: its name is computed, write it out",
    "src/other/a.ts:1 stands on no floor: .ci/floors.mjs lists them",
  ]);
});

test("files that import each other in a circle are named", async () => {
  const leaks = await leaksOf({
    "src/api/a.ts": `import "./b.js";`,
    "src/api/b.ts": `export const c = () => import("./c.js");`,
    "src/api/c.ts": `\nimport type { A } from "./a.js";`,
  });
  expect(leaks).toEqual([
    "src/api/c.ts:2 imports src/api/a.ts: a circle, src/api/a.ts -> src/api/b.ts -> src/api/c.ts -> src/api/a.ts",
  ]);
});

test("heavy packages that load with the entry point are named, and the way to them", async () => {
  const leaks = await leaksOf({
    "src/index.ts": `export { SignPath } from "./signpath.js";`,
    "src/signpath.ts": `import "./key/key.js";`,
    "src/key/key.ts": [
      `import "@peculiar/x509";`,
      `import { type Crypto } from "@peculiar/webcrypto";`,
      `export { Certificate } from "pkijs";`,
      `const asn1js = require("asn1js");`,
      `const undici = await import("undici");`,
      `import { p256 } from "@noble/curves/nist.js";`,
    ].join("\n"),
  });
  const way = "it must wait until it is needed (src/index.ts -> src/signpath.ts -> src/key/key.ts)";
  const names = [
    "@peculiar/x509",
    "@peculiar/webcrypto",
    "pkijs",
    "asn1js",
    "undici",
    "@noble/curves/nist.js",
  ];
  expect(leaks).toEqual(names.map((name, index) => `src/key/key.ts:${index + 1} imports ${name}: ${way}`));
});

test("the public face holds nothing but named exports", async () => {
  const statements = [
    `import { a } from "./base/a.js";`,
    `export * from "./base/a.js";`,
    `export * as b from "./base/a.js";`,
    "export const c = 1;",
    "export { a };",
    "console.log(a);",
  ];
  const leaks = await leaksOf({ "src/index.ts": statements.join("\n"), "src/base/a.ts": "" });
  expect(leaks).toEqual(
    statements.map(
      (_, line) => `src/index.ts:${line + 1} may hold nothing but export { names } from "a file"`,
    ),
  );
});
