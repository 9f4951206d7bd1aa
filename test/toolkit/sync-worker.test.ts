import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type * as Sync from "../../src/toolkit/sync/index.js";
import { thrownBy } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";

const DIST = resolve("dist");
const SETTINGS = {
  policy: "demo/p-256",
  apiUrl: "http://127.0.0.1:9",
  organizationId: "fb6a7b7c-0000-4000-8000-000000000000",
  apiToken: "a-token",
};
/** What is waited for at the most: a thread that ended is not found out by its pulse, which takes 20 s. */
const SOON_MS = 10_000;

/** A copy of the package as it was built, with other files in it; those without content are removed. */
async function changed(files: Readonly<Record<string, string | undefined>>): Promise<typeof Sync> {
  const folder = temporaryFolder();
  const filter = (path: string): boolean => !/[\\/](bin|cli|emulator)$|\.d\.ts$/.test(path);
  cpSync(DIST, folder, { recursive: true, filter });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(folder, path));
    else writeFileSync(join(folder, path), content);
  }
  const url = pathToFileURL(join(folder, "toolkit/sync/index.js")).href;
  return (await import(/* @vite-ignore */ url)) as typeof Sync;
}

/** A client of which one method is this. */
function client(policy: string, signHash = "() => new Uint8Array(64)"): Record<string, string> {
  const known = `{ reference: "demo/p-256", certificateDer: new Uint8Array(1), signHash: ${signHash} }`;
  const source = `const NEVER = new Promise(() => undefined);
    export class SignPath { policy() { ${policy}; return ${known}; } close() {} }`;
  return { "signpath.js": source };
}

function soon<T>(call: () => T): T {
  const began = performance.now();
  try {
    return call();
  } finally {
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
}

describe("a worker", () => {
  it("whose file is not there, as in a bundle, is missed at once", async () => {
    const { createSyncSigner } = await changed({ "toolkit/sync/worker.js": undefined });
    expect(soon(() => thrownBy(() => createSyncSigner(SETTINGS)))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/worker\.js.*bundler/),
    });
  });

  it("that cannot load the client says why", async () => {
    const { createSyncSigner } = await changed({ "signpath.js": undefined });
    expect(soon(() => thrownBy(() => createSyncSigner(SETTINGS)))).toMatchObject({
      message: expect.stringContaining("signpath.js"),
    });
  });

  it.each([
    ["ends itself", "process.exit(7)"],
    [
      "fails outside of a call",
      "setImmediate(() => { throw new Error('for another reason'); }); return NEVER",
    ],
  ])("that %s at the start is noticed", async (_title, source) => {
    const { createSyncSigner } = await changed(client(source));
    expect(soon(() => thrownBy(() => createSyncSigner(SETTINGS)))).toMatchObject({ code: "ABORTED" });
  });

  it("that ends while it signs is noticed, and by later calls as well", async () => {
    const { createSyncSigner } = await changed(client("", "() => process.exit(0)"));
    const signer = createSyncSigner(SETTINGS);
    const sign = () => thrownBy(() => signer.sign({ name: "ECDSA", hash: "SHA-256" }, new Uint8Array()));
    expect(soon(sign)).toMatchObject({ code: "ABORTED", message: expect.stringContaining("has ended") });
    expect(soon(sign)).toMatchObject({ code: "ABORTED" });
    soon(() => signer.close());
    expect(signer.reference).toBe("demo/p-256");
  });

  it("that ends between two calls is noticed, and closing takes no time", async () => {
    const { createSyncSigner } = await changed(client("setTimeout(() => process.exit(0), 50)"));
    const signer = createSyncSigner(SETTINGS);
    await expect
      .poll(() => {
        try {
          return soon(() => signer.sign({ name: "ECDSA", hash: "SHA-256" }, new Uint8Array())).length;
        } catch (error) {
          return (error as { code?: string }).code;
        }
      })
      .toBe("ABORTED");
    soon(() => signer.close());
  });
});
