import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { fill, MAIN } from "./support.js";

const emulator = useEmulator();

/** Prints the address of each ES module that is resolved to a file, and the CommonJS modules at the end. */
const HOOKS = `
  import { appendFileSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const resolved = await next(specifier, context);
    appendFileSync(process.env.LOADED, resolved.url + "\\n");
    return resolved;
  }
`;
const REGISTER = `
  import { createRequire, register } from "node:module";
  import { appendFileSync } from "node:fs";
  register("data:text/javascript,${encodeURIComponent(HOOKS)}");
  const { cache } = createRequire("${join(import.meta.dirname, "x.js")}");
  process.on("exit", () => appendFileSync(process.env.LOADED, Object.keys(cache).join("\\n")));
`;

/** The packages and the floors that a command loads. */
async function loadedBy(...args: readonly string[]): Promise<Set<string>> {
  const cwd = fill(temporaryFolder(), { data: "x", loaded: "" });
  const env = { PATH: process.env["PATH"], ...emulator().environment, LOADED: join(cwd, "loaded") };
  const node = ["--import", `data:text/javascript,${encodeURIComponent(REGISTER)}`, MAIN, ...args];
  const { status, stderr } = await run(process.execPath, node, { cwd, env });
  expect([status, stderr.includes("error")]).toEqual([0, false]);
  const paths = readFileSync(join(cwd, "loaded"), "utf8").split("\n");
  return new Set(
    paths.flatMap((path) => {
      const [, name] =
        /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? /\/dist\/([^/]+)\//.exec(path) ?? [];
      return name === undefined ? [] : [name];
    }),
  );
}

const HEAVY = ["pkijs", "asn1js", "@peculiar/x509", "@peculiar/webcrypto", "reflect-metadata"];

test("help loads nothing but the parser of the command line", async () => {
  expect(await loadedBy("--help")).toEqual(new Set(["cli", "base", "commander"]));
});

test.each([
  [["sign", "data", "--policy", "demo/rsa-2048", "--format", "raw"], ["@noble/curves"]],
  [["sign", "data", "--policy", "demo/p-256", "--format", "raw"], []],
  [["policies"], ["@noble/curves"]],
  [["certificate", "demo/p-256"], ["@noble/curves"]],
])("%j loads no pkijs and no x509", async (args, more) => {
  const loaded = await loadedBy(...args);
  expect(loaded).toContain("undici");
  expect([...HEAVY, "cms", "toolkit", "emulator", ...more].filter((name) => loaded.has(name))).toEqual([]);
});

test("only CMS loads pkijs", async () => {
  const loaded = await loadedBy("sign", "data", "--policy", "demo/rsa-2048");
  expect(loaded).toContain("pkijs");
  expect(loaded).not.toContain("@peculiar/x509");
});
