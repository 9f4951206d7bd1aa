import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

/** What a script of `.ci` says of a file. */
async function ask(script: string, call: string): Promise<unknown> {
  const url = new URL(`../../.ci/${script}`, import.meta.url).href;
  const source = `const found = await import("${url}"); console.log(JSON.stringify(found.${call}));`;
  const { status, stdout, stderr } = await run(process.execPath, ["--input-type=module", "--eval", source]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function files(contents: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  return folder;
}

test("declarations export values and types, of their own and of other files", async () => {
  const folder = files({
    "index.d.ts": `export { one, type Two } from "./a.js";
      export type { Three } from "./a.js";
      export * from "./b.js";
      export declare class Four { constructor(text: string); }
      export declare function five(): void;
      export declare const six: number, seven: string;
      export interface Eight { nine: 9 }
      export type Ten<Type> = Type[];
      declare const hidden: 1;`,
    "b.d.ts": "export declare const eleven: 11; export type Twelve = 12;",
  });
  expect(
    await ask("exported-names.mjs", `exportedNames(${JSON.stringify(join(folder, "index.d.ts"))})`),
  ).toEqual({
    values: ["one", "eleven", "Four", "five", "six", "seven"],
    types: ["Two", "Three", "Twelve", "Eight", "Ten"],
  });
});

const MANIFEST = { name: "own", dependencies: { inside: "1" }, devDependencies: { "@scope/kit": "^2.0.0" } };

test("examples need what they import and the package does not bring, in the version it is developed with", async () => {
  const folder = files({
    "a.mjs": `// arguments: one  two
      import "node:fs"; import "inside"; import { x } from "own/cms"; import "@scope/kit/deep";`,
    "b.mjs": `import { y } from "own";`,
    "README.md": "// arguments: none",
  });
  const path = JSON.stringify(folder);
  const packages = `examplePackages(${path}, ${JSON.stringify(MANIFEST)})`;
  expect(await ask("examples.mjs", packages)).toEqual(["@scope/kit@^2.0.0"]);
  expect(await ask("examples.mjs", `readExamples(${path})`)).toEqual([
    { name: "a.mjs", args: ["one", "two"] },
    { name: "b.mjs", args: [] },
  ]);
});

test("an example that imports a package which package.json does not have is an error that names both", async () => {
  const folder = files({ "a.mjs": `import "elsewhere";` });
  const call = `examplePackages(${JSON.stringify(folder)}, ${JSON.stringify(MANIFEST)})`;
  await expect(ask("examples.mjs", call)).rejects.toThrow(/a\.mjs imports elsewhere/);
});
