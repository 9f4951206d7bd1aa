import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules", ".cache");
const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "..", "bin", "tsc");

/** A loader that prints the address of each module that is resolved. */
const LOADER = `
  import { writeSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const resolved = await next(specifier, context);
    writeSync(1, resolved.url + "\\n");
    return resolved;
  }
`;

let folder = "";

/** Runs a program against the compiled composite in a process of its own: the modules that it loaded. */
async function modulesOf(program: string): Promise<string[]> {
  const composite = pathToFileURL(join(folder, "subtle", "composite.js")).href;
  const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(LOADER))});`;
  const source = `
    import { createRequire } from "node:module";
    const { crypto, subtle } = await import(${JSON.stringify(composite)});
    ${program}
    console.log(Object.keys(createRequire(import.meta.url).cache).join("\\n"));
  `;
  const args = ["--import", dataUrl(register), "--input-type=module", "--eval", source];
  const { stdout } = await run(process.execPath, args, { cwd: root });
  return stdout.split("\n").filter((line) => line !== "");
}

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function heavy(modules: readonly string[]): string[] {
  return modules.filter((url) =>
    /node_modules\/(@peculiar|webcrypto-core|asn1js|pkijs|reflect-metadata)/.test(url),
  );
}

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "composite-"));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: false,
      isolatedDeclarations: false,
      rootDir: join(root, "src"),
      outDir: folder,
    },
    files: [join(root, "src", "subtle", "composite.ts")],
    include: [],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await run(process.execPath, [tsc, "-p", folder]);
});

afterAll(async () => {
  if (folder !== "") await rm(folder, { recursive: true });
});

describe("@peculiar/webcrypto", () => {
  it("is not loaded by importing the composite, nor by anything that Node can do", async () => {
    const modules = await modulesOf(`
      const data = new Uint8Array(8);
      await subtle.digest("SHA-256", data);
      const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
      const { privateKey, publicKey } = await subtle.generateKey(ecdsa, true, ["sign", "verify"]);
      await subtle.verify(ecdsa, publicKey, await subtle.sign(ecdsa, privateKey, data), data);
      await subtle.importKey("jwk", await subtle.exportKey("jwk", publicKey), ecdsa, true, ["verify"]);
      await subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]).catch(() => {});
      await subtle.sign(ecdsa, {}, data).catch(() => {});
      crypto.getRandomValues(data);
    `);
    expect(modules.some((url) => url.endsWith("/subtle/composite/native.js"))).toBe(true);
    expect(heavy(modules)).toEqual([]);
  });

  it("is loaded, as an ES module, by the first algorithm that Node lacks", async () => {
    const modules = await modulesOf(`await subtle.digest("shake128", new Uint8Array(8));`);
    expect(heavy(modules).join("\n")).toMatch(/@peculiar\/webcrypto\/build\/webcrypto\.es\.js/);
  });
});
