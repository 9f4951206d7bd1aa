import { readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "../support/run.js";

const ROOT = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const subpaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");

/** Prints the address of each ES module that is resolved; those of CommonJS are in `require.cache`. */
const HOOKS = `
  import { writeSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const resolved = await next(specifier, context);
    writeSync(1, resolved.url + "\\n");
    return resolved;
  }
`;
const REGISTER = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(HOOKS))});`;

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

interface Loaded {
  /** Names of packages, those that a package brings among them. */
  readonly packages: ReadonlySet<string>;
  /** Files of this package, as paths below `dist`. */
  readonly files: readonly string[];
}

/** What a process loads that imports a subpath, and does nothing else. */
async function loadedBy(subpath: string): Promise<Loaded> {
  const source = `
    import { createRequire } from "node:module";
    await import("${manifest.name}${subpath.slice(1)}");
    console.log(Object.keys(createRequire(import.meta.url).cache).join("\\n"));
  `;
  const args = ["--import", dataUrl(REGISTER), "--input-type=module", "--eval", source];
  const { status, stdout, stderr } = await run(process.execPath, args, { cwd: ROOT });
  expect([status, stderr]).toEqual([0, ""]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("file:") || line.startsWith(ROOT));
  const paths = lines.map((line) => (line.startsWith("file:") ? fileURLToPath(line) : line));
  const names = paths.map((path) => relative(ROOT, path).split(sep).join("/"));
  const packages = names.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  const files = names.flatMap((name) => /^dist\/(.+)$/.exec(name)?.[1] ?? []);
  return { packages: new Set(packages), files: [...new Set(files)] };
}

/** The top folders of `dist`, in `toolkit` one for each toolkit. */
function foldersOf(files: readonly string[]): string[] {
  const folder = (file: string): string =>
    /^(?:toolkit\/)?[^/]+/.exec(file)?.[0].replace(/\.js$/, "") ?? file;
  return [...new Set(files.map(folder))].sort();
}

/** The packages of this one's own dependencies that a subpath loads, each of which brings some of its own. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ".": [],
  "./cms": ["asn1js", "valibot"],
  "./pkijs": ["asn1js", "pkijs"],
  "./x509": ["@peculiar/x509", "asn1js", "pkijs", "reflect-metadata"],
  "./sync": [],
  "./jose": [],
  "./xml": [],
  "./pdf": ["asn1js", "valibot"],
  "./global": [],
  "./signers": [],
  "./jar": ["asn1js", "valibot"],
  "./authenticode": ["asn1js", "valibot"],
  "./electron-builder": ["asn1js", "valibot"],
  "./emulator": ["valibot"],
};

/** Another toolkit that one stands on. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  "./electron-builder": ["toolkit/authenticode"],
};

test("the main entry loads nothing but what a client is made with", async () => {
  const { packages, files } = await loadedBy(".");
  expect([...packages]).toEqual([]);
  const floors = ["base", "config", "index", "key", "policy", "signpath", "subtle", "wire"];
  expect(foldersOf(files)).toEqual(floors);
  expect(files.length).toBeLessThanOrEqual(45);
});

test.each(subpaths)(
  "%s loads no optional peer, no other toolkit, and no package that it does not need",
  async (subpath) => {
    const { packages, files } = await loadedBy(subpath);
    expect(files).toContain(manifest.exports[subpath].default.replace("./dist/", ""));
    expect(Object.keys(manifest.peerDependencies).filter((name) => packages.has(name))).toEqual([]);
    const own = Object.keys(manifest.dependencies).filter((name) => packages.has(name));
    expect(own.sort()).toEqual(PACKAGES[subpath]);
    const name = `toolkit/${subpath.slice(2)}`;
    const others = foldersOf(files).filter((folder) => folder.startsWith("toolkit/") && folder !== name);
    expect(others).toEqual(BELOW[subpath] ?? []);
    // Neither the API on loopback nor the command line is a part of the library.
    const programs = foldersOf(files).filter((folder) => /^(emulator|cli|bin)$/.test(folder));
    expect(programs).toEqual(subpath === "./emulator" ? ["emulator"] : []);
  },
);
