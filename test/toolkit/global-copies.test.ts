import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as main from "../../src/index.js";
import type * as bridge from "../../src/toolkit/global/index.js";
import { useEmulator } from "../support/emulator.js";
import { failureOf } from "../support/failure.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "..", "bin", "tsc");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const DATA = Buffer.from("data");
const COPIES = ["first", "second"] as const;

type Entries = typeof main & typeof bridge;
interface Copy extends Entries {
  readonly key: CryptoKey;
}

const emulator = useEmulator();
const native = SubtleCrypto.prototype.sign;
let folder = "";
let copies: readonly Copy[] = [];

/** Two builds of the package in folders of their own, as npm installs two versions of it. */
beforeAll(async () => {
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "copies-"));
  const config = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: { noCheck: true, declaration: false, isolatedDeclarations: false },
    include: [join(root, "src")],
  };
  const [first, second] = COPIES.map((name) => join(folder, name)) as [string, string];
  const compilerOptions = {
    ...config.compilerOptions,
    rootDir: join(root, "src"),
    outDir: join(first, "dist"),
  };
  await mkdir(first);
  await writeFile(join(first, "tsconfig.json"), JSON.stringify({ ...config, compilerOptions }));
  await run(process.execPath, [tsc, "-p", first]);
  await writeFile(join(first, "package.json"), await readFile(join(root, "package.json")));
  await cp(first, second, { recursive: true });
  copies = await Promise.all(COPIES.map(loadCopy));
});

afterAll(async () => {
  if (folder !== "") await rm(folder, { recursive: true });
});

async function loadCopy(name: string): Promise<Copy> {
  const load = <Module>(path: string): Promise<Module> => import(addressOf(name, path));
  const entries = await load<typeof main>("index.js");
  const { apiUrl, apiToken, organizationId } = emulator();
  const signpath = new entries.SignPath({ apiUrl, apiToken, organizationId });
  const policy = await signpath.policy("demo/p-256");
  const key = policy.privateKey(ECDSA);
  return { ...entries, ...(await load<typeof bridge>("toolkit/global/index.js")), key };
}

function addressOf(name: string, path: string): string {
  return pathToFileURL(join(folder, name, "dist", path)).href;
}

function copy(index: number): Copy {
  const found = copies[index];
  if (found === undefined) throw new Error("there are two copies");
  return found;
}

const sign = (key: CryptoKey): Promise<ArrayBuffer> => globalThis.crypto.subtle.sign(ECDSA, key, DATA);

describe("two copies of the package", () => {
  it("do not know each other's keys", () => {
    const [first, second] = [copy(0), copy(1)];
    expect(first.install).not.toBe(second.install);
    expect(first.isSignPathCryptoKey(first.key)).toBe(true);
    expect(first.isSignPathCryptoKey(second.key)).toBe(false);
  });

  it.each([
    ["first", "first", 0, 0],
    ["first", "second", 0, 1],
    ["second", "first", 1, 0],
    ["second", "second", 1, 1],
  ])(
    "bridge their own keys: %s installed, %s taken back before the other",
    async (_in, _out, enter, leave) => {
      const undos: (() => void)[] = [];
      undos[enter] = copy(enter).install();
      await sign(copy(enter).key);
      const refusal = await failureOf(sign(copy(1 - enter).key));
      undos[1 - enter] = copy(1 - enter).install();
      const patched = SubtleCrypto.prototype.sign;
      for (const { key } of copies) expect((await sign(key)).byteLength).toBe(64);

      undos[leave]?.();
      expect(SubtleCrypto.prototype.sign).toBe(patched);
      expect((await sign(copy(1 - leave).key)).byteLength).toBe(64);
      expect(await failureOf(sign(copy(leave).key))).toEqual(refusal);

      undos[1 - leave]?.();
      expect(SubtleCrypto.prototype.sign).toBe(native);
      for (const { key } of copies) expect(await failureOf(sign(key))).toEqual(refusal);
    },
  );

  it("refuse to export both keys, and leave too few arguments to Node", async () => {
    const undos = copies.map(({ install }) => install());
    try {
      for (const { key } of copies) {
        const exporting = globalThis.crypto.subtle.exportKey("jwk", key);
        expect(await failureOf(exporting)).toMatchObject({ name: "InvalidAccessError" });
        const incomplete = Reflect.apply(SubtleCrypto.prototype.sign, globalThis.crypto.subtle, [ECDSA, key]);
        expect(await failureOf(incomplete)).toMatchObject({ code: "ERR_MISSING_ARGS" });
      }
    } finally {
      for (const undo of undos) undo();
    }
  });

  it("work where the second is loaded after the first was installed", async () => {
    const undo = copy(0).install();
    await cp(join(folder, "second"), join(folder, "third"), { recursive: true });
    const third = await loadCopy("third");
    const undoThird = third.install();
    try {
      for (const key of [copy(0).key, third.key]) {
        expect((await sign(key)).byteLength).toBe(64);
        for (const each of [copy(0), third]) {
          const calling = Reflect.apply(each.subtle.sign, each.subtle, [ECDSA, key] as never);
          expect(await failureOf(calling)).toMatchObject({ code: "ERR_MISSING_ARGS" });
        }
        expect((await third.subtle.sign(ECDSA, key, DATA)).byteLength).toBe(64);
      }
      undo();
      await sign(third.key);
      // What was captured while the bridge was there passes on.
      const local = await third.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      undoThird();
      expect((await third.subtle.sign("HMAC", local as CryptoKey, DATA)).byteLength).toBe(32);
    } finally {
      undo();
      undoThird();
    }
    expect(SubtleCrypto.prototype.sign).toBe(native);
  });
});

describe("another realm", () => {
  /** What a program in a process of its own prints as JSON; it has `install` and `global`, the address of that module. */
  async function evaluate(program: string): Promise<unknown> {
    const address = JSON.stringify(addressOf("first", "toolkit/global/index.js"));
    const source = `const global = ${address}; const { install } = await import(global); ${program}`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], { cwd: root });
    return JSON.parse(stdout);
  }

  it("as a worker thread is bridged on its own", async () => {
    const inside = `
      import { types } from "node:util";
      import { parentPort, workerData } from "node:worker_threads";
      const isPatched = () => types.isProxy(SubtleCrypto.prototype.sign);
      const before = isPatched();
      const { install } = await import(workerData);
      install();
      parentPort.postMessage([before, isPatched()]);`;
    const program = `
      import { types } from "node:util";
      import { Worker } from "node:worker_threads";
      const undo = install();
      const script = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(inside)}));
      const worker = new Worker(script, { workerData: global });
      worker.once("message", (seen) => {
        undo();
        console.log(JSON.stringify([...seen, types.isProxy(SubtleCrypto.prototype.sign)]));
      });`;
    expect(await evaluate(program)).toEqual([false, true, false]);
  });

  it("with a frozen prototype cannot be bridged, is told so, and is not changed", async () => {
    const program = `
      Object.freeze(SubtleCrypto.prototype);
      const { sign } = SubtleCrypto.prototype;
      try {
        install();
      } catch ({ name, code, stage }) {
        console.log(JSON.stringify({ name, code, stage, same: sign === SubtleCrypto.prototype.sign }));
      }`;
    const error = { name: "SignPathError", code: "CONFIG_INVALID", stage: "config" };
    expect(await evaluate(program)).toEqual({ ...error, same: true });
  });

  it("where only the last method is frozen keeps all of the others as they were", async () => {
    const program = `
      import { types } from "node:util";
      const methods = Object.getOwnPropertyNames(SubtleCrypto.prototype);
      Object.defineProperty(SubtleCrypto.prototype, methods.at(-1), { configurable: false, writable: false });
      let code;
      try {
        install();
      } catch (error) {
        code = error.code;
      }
      const patched = methods.filter((name) => types.isProxy(SubtleCrypto.prototype[name]));
      console.log(JSON.stringify({ code, patched }));`;
    expect(await evaluate(program)).toEqual({ code: "CONFIG_INVALID", patched: [] });
  });

  it("that is frozen while the bridge is there keeps methods that pass everything on", async () => {
    const program = `
      const undo = install();
      Object.freeze(SubtleCrypto.prototype);
      undo();
      const hmac = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.generateKey(hmac, false, ["sign"]);
      console.log((await crypto.subtle.sign("HMAC", key, new Uint8Array(1))).byteLength);`;
    expect(await evaluate(program)).toBe(32);
  });
});
