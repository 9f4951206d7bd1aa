import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { SIGNPATH_GIT } from "./plugins/git-support.js";
import { fill, MAIN, namesIn, signpath } from "./support.js";

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

/** The packages and the files of the bundle that a command of `signpath` loads. */
function loadedBy(...args: readonly string[]): Promise<Set<string>> {
  return loadedByProgram(MAIN, ...args);
}

async function loadedByProgram(program: string, ...args: readonly string[]): Promise<Set<string>> {
  const cwd = fill(temporaryFolder(), { data: "x", loaded: "" });
  const env = { PATH: process.env["PATH"], ...emulator().environment, LOADED: join(cwd, "loaded") };
  const node = ["--import", `data:text/javascript,${encodeURIComponent(REGISTER)}`, program, ...args];
  const { status, stderr } = await run(process.execPath, node, { cwd, env });
  expect([status, stderr.includes("error")]).toEqual([0, false]);
  const paths = readFileSync(join(cwd, "loaded"), "utf8").split("\n");
  return new Set(
    paths.flatMap((path) => {
      const [, name] =
        /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ??
        /\/dist\/bin\/(?:chunks\/)?(.+)\.js/.exec(path) ??
        [];
      return name === undefined ? [] : [name];
    }),
  );
}

const HEAVY = ["pkijs", "asn1js", "@peculiar/x509", "@peculiar/webcrypto", "reflect-metadata"];

test("help loads nothing but the parser of the command line", async () => {
  const files = ["main", "start", "process", "base", "cli", "rolldown-runtime"];
  expect(await loadedBy("--help")).toEqual(new Set(files));
});

test.each([
  [["sign", "data", "--policy", "demo/rsa-2048", "--format", "raw"], ["@noble/curves"]],
  [["sign", "data", "--policy", "demo/p-256", "--format", "raw"], []],
  [["policies"], ["@noble/curves"]],
  [["certificate", "demo/p-256"], ["@noble/curves"]],
])("%j loads no pkijs and no x509", async (args, more) => {
  const loaded = await loadedBy(...args);
  expect(loaded).toContain("undici");
  expect(
    [...HEAVY, "sign-cms", "engine", "emulator", "outside", ...more].filter((name) => loaded.has(name)),
  ).toEqual([]);
});

test("nor those modules of Node that only other commands need, or that packages load for one number", async () => {
  const cwd = fill(temporaryFolder(), {
    data: "x",
    "list.cjs": `process.on("exit", () => require("node:fs").writeFileSync("loaded", process.moduleLoadList.join("\\n")));`,
  });
  const loadedWith = async (options: object): Promise<string[]> => {
    const env = { PATH: process.env["PATH"], ...emulator().environment, ...options };
    const node = [
      "--require",
      "./list.cjs",
      MAIN,
      "sign",
      "data",
      "--policy",
      "demo/p-256",
      "--format",
      "raw",
    ];
    expect((await run(process.execPath, node, { cwd, env })).status).toBe(0);
    return readFileSync(join(cwd, "loaded"), "utf8").split("\n");
  };
  const loaded = await loadedWith({});
  expect(loaded).toContain("NativeModule net");
  const seldom = ["http", "https", "tls", "dns", "child_process", "zlib", "readline", "worker_threads"];
  expect(seldom.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
  // The number itself is still Node's where it is set.
  for (const option of ["--max-http-header-size=32768", "--max_http_header_size=32768"])
    expect(await loadedWith({ NODE_OPTIONS: option })).toContain("NativeModule http");
});

test("CMS loads asn1js, and neither pkijs nor x509", async () => {
  const loaded = await loadedBy("sign", "data", "--policy", "demo/rsa-2048");
  expect(HEAVY.filter((name) => loaded.has(name))).toEqual(["asn1js"]);
});

test("a format, and what looks for files, is loaded where it is wanted", async () => {
  const parts = [
    "jws",
    "pdf",
    "authenticode",
    "jar",
    "xml",
    "patterns",
    "walk",
    "picomatch",
    "@zip.js/zip.js",
  ];
  const loadedOf = async (...args: readonly string[]): Promise<string[]> => {
    const loaded = await loadedBy("sign", ...args, "--policy", "demo/rsa-2048");
    return parts.filter((name) => loaded.has(name));
  };
  expect(await loadedOf("data")).toEqual([]);
  expect(await loadedOf("da?a", "--format", "jws")).toEqual(["jws", "patterns", "walk", "picomatch"]);
});

test("only a timestamp loads what asks for one and checks it", async () => {
  const args = ["sign", "data", "--policy", "demo/rsa-2048"];
  const without = await loadedBy(...args);
  const stamped = await loadedBy(...args, "--timestamp", emulator().timestampUrl);
  const more = [...stamped].filter((name) => !without.has(name)).sort();
  expect(more).toContain("outside");
  expect(more).toContain("obtain");
});

test("what git runs for each commit loads no command of signpath, nothing that verifies, and neither pkijs nor x509", async () => {
  const loaded = await loadedByProgram(SIGNPATH_GIT, "-bsau", "demo/p-256");
  expect(loaded).toContain("sign-cms");
  const others = ["process", "verify-signers", "verify-cms", "obtain", "outside", "describe-report", "gpgsm"];
  expect([...HEAVY, ...others].filter((name) => loaded.has(name))).toEqual(["asn1js"]);
});

test("verifying loads no pkijs and no x509", async () => {
  const fixture = (name: string): string => join(import.meta.dirname, "../../fixtures/cms", name);
  const signature = ["--signature", fixture("bc-timestamped.p7s"), "--root", fixture("root.pem")];
  const loaded = await loadedBy("verify", fixture("content.bin"), ...signature);
  expect(HEAVY.filter((name) => loaded.has(name))).toEqual([]);
});

test("the whole of the client is in the bundle, and none of the installed undici", async () => {
  const loaded = await loadedBy("sign", "data", "--policy", "demo/rsa-2048", "--format", "raw");
  expect([...loaded].sort()).toEqual([
    "base",
    "cli",
    "client",
    "llhttp",
    "main",
    "process",
    "rolldown-runtime",
    "start",
    "undici",
  ]);
});

const HAS_CACHE = "enableCompileCache" in process.getBuiltinModule("node:module");

describe.skipIf(!HAS_CACHE || process.getuid === undefined)("the compiled code", () => {
  test("is kept where only the user may write", async () => {
    const caches = temporaryFolder();
    const { status } = await signpath(["--help"], { env: { XDG_CACHE_HOME: caches } });
    expect(status).toBe(0);
    const folder = join(caches, "signpath-webcrypto");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).not.toEqual([]);
  });

  test("is kept nowhere if others may write there", async () => {
    const caches = temporaryFolder();
    const folder = join(caches, "signpath-webcrypto");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const { status, stderr } = await signpath(["--help"], { env: { XDG_CACHE_HOME: caches } });
    expect([status, stderr]).toEqual([0, ""]);
    expect(namesIn(folder)).toEqual([]);
  });
});
