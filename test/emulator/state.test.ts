import { verify } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { openDirectory } from "../../src/emulator/keys/store.js";
import { failureOf } from "../support/failure.js";
import { cpuTime, ecdsaPayload, MESSAGE, send, signatureOf, submit, temporaryDirectory } from "./support.js";

async function start(options: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  return emulator;
}

async function identityOf(emulator: Emulator): Promise<unknown> {
  const certificates = await Promise.all(["rsa-2048", "p-256"].map((slug) => emulator.certificateOf(slug)));
  const { organizationId, apiToken, rootCertificate, intermediateCertificate } = emulator;
  return { organizationId, apiToken, rootCertificate, intermediateCertificate, certificates };
}

async function verifies(emulator: Emulator): Promise<boolean> {
  const answer = await submit(emulator, { policy: "p-256", payload: ecdsaPayload() });
  const key = { key: await emulator.publicKeyOf("p-256"), dsaEncoding: "ieee-p1363" } as const;
  return verify("sha256", MESSAGE, key, signatureOf(answer));
}

describe("a state directory", () => {
  it("gives the next emulator the same token, organization, authority and certificates", async () => {
    const state = join(await temporaryDirectory(), "deep", "state");
    const first = await start({ state });
    const before = await identityOf(first);
    await first.close();
    const second = await start({ state });
    expect(await identityOf(second)).toEqual(before);
    expect(await verifies(second)).toBe(true);
  });

  it("makes the next start fast: no key is made", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state });
    await first.certificateOf("rsa-2048");
    await first.close();
    const spent = await cpuTime(async () => {
      const second = await start({ state });
      await second.certificateOf("rsa-2048");
    });
    expect(spent).toBeLessThan(100);
  });

  it.each([
    ["key", /MIG.{20}/, "AAAA", "no private key"],
    ["certificate", /(CERTIFICATE-----\n).{20}/, "$1AAAA", "a malformed certificate"],
  ])("with a malformed %s says which file to remove", async (_title, place, changed, words) => {
    const state = await temporaryDirectory();
    await (await start({ state })).close();
    const path = join(state, "intermediate.pem");
    const text = await readFile(path, "utf8");
    expect(text).toMatch(place);
    await writeFile(path, text.replace(place, changed));
    const message = `${path} holds ${words}; remove it, and the emulator makes another.`;
    expect(await failureOf(startEmulator({ state }))).toMatchObject({ name: "UnusableState", message });
    await rm(path);
    expect(await verifies(await start({ state }))).toBe(true);
  });

  it.skipIf(process.platform === "win32")(
    "is readable by its owner only, and holds nothing half-written",
    async () => {
      const state = join(await temporaryDirectory(), "state");
      const emulator = await start({ state });
      await emulator.certificateOf("p-256");
      expect((await stat(state)).mode & 0o777).toBe(0o700);
      const names = await readdir(state);
      expect(names.sort()).toEqual([
        "audit-log.jsonl",
        "emulator.json",
        "intermediate.pem",
        "policy-p-256.pem",
        "root.pem",
      ]);
      for (const name of names) expect((await stat(join(state, name))).mode & 0o777).toBe(0o600);
    },
  );

  it("is shared by emulators that start at the same time", async () => {
    const state = await temporaryDirectory();
    const emulators = await Promise.all(Array.from({ length: 4 }, () => start({ state })));
    const identities = await Promise.all(emulators.map(identityOf));
    for (const identity of identities) expect(identity).toEqual(identities[0]);
    for (const emulator of emulators) expect(await verifies(emulator)).toBe(true);
    expect((await readdir(state)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("keeps a rotated certificate", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state });
    const original = await first.certificateOf("p-256");
    await first.rotateCertificate("p-256", { newKey: true });
    const rotated = await first.certificateOf("p-256");
    await first.close();
    const second = await start({ state });
    expect(await second.certificateOf("p-256")).toEqual(rotated);
    expect(rotated).not.toEqual(original);
    expect(await verifies(second)).toBe(true);
  });

  it("keeps the organization of its first start; what an option says wins", async () => {
    const state = await temporaryDirectory();
    const organizationId = "ABCDEF00-0000-4000-8000-000000000001";
    const first = await start({ state, organizationId, apiToken: "my-token" });
    expect(first).toMatchObject({ organizationId, apiToken: "my-token" });
    await first.close();
    const second = await start({ state });
    expect(second.organizationId).toBe(organizationId);
    expect(second.apiToken).not.toBe("my-token");
    expect(await readFile(join(state, "emulator.json"), "utf8")).not.toContain("my-token");
    const third = await start({ state, apiToken: "other" });
    expect(third).toMatchObject({ organizationId, apiToken: "other" });
  });

  it("whose authority was removed gets a new one, and new certificates by it", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state });
    const before = await first.certificateOf("p-256");
    await first.close();
    await rm(join(state, "root.pem"));
    const second = await start({ state });
    expect(second.rootCertificate).not.toBe(first.rootCertificate);
    expect(second.intermediateCertificate).not.toBe(first.intermediateCertificate);
    expect(await second.certificateOf("p-256")).not.toEqual(before);
    expect(await verifies(second)).toBe(true);
  });

  it.each([
    ["emulator.json", "{}"],
    ["emulator.json", "nonsense"],
    ["root.pem", ""],
    ["root.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
  ])("with a spoilt %s is refused with the file's name", async (name, content) => {
    const state = await temporaryDirectory();
    await (await start({ state })).close();
    await writeFile(join(state, name), content);
    await expect(startEmulator({ state })).rejects.toThrow(join(state, name));
  });

  it("with a spoilt key gives an error for that policy until the file is removed", async () => {
    const state = await temporaryDirectory();
    const file = join(state, "policy-p-256.pem");
    await writeFile(file, "nonsense");
    const emulator = await start({ state });
    await expect(emulator.certificateOf("p-256")).rejects.toThrow(file);
    const answer = await submit(emulator, { policy: "p-256", payload: ecdsaPayload() });
    expect(answer.status).toBe(500);
    await rm(file);
    expect(await verifies(emulator)).toBe(true);
  });

  it("that cannot be made is refused", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "file"), "");
    await expect(startEmulator({ state: join(directory, "file") })).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  it("that is there already keeps its own permissions", async () => {
    const state = join(await temporaryDirectory(), "state");
    await mkdir(state);
    await chmod(state, 0o755);
    await start({ state });
    expect((await stat(state)).mode & 0o777).toBe(0o755);
  });
});

describe("the store", () => {
  it("lets the first of many writers win, and all of them agree", async () => {
    const store = await openDirectory(await temporaryDirectory());
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, number) => store.loadOrCreate("x", async () => `text ${number}`)),
    );
    expect(new Set(texts).size).toBe(1);
    expect(await store.loadOrCreate("x", () => Promise.reject(new Error("not needed")))).toBe(texts[0]);
  });

  it("never shows a half-written text while it is replaced", async () => {
    const store = await openDirectory(await temporaryDirectory());
    await store.replace("x", "0".repeat(100_000));
    const writing = (async () => {
      for (let i = 1; i < 20; i++) await store.replace("x", String(i % 10).repeat(100_000));
    })();
    let reading = true;
    writing.finally(() => {
      reading = false;
    });
    while (reading) {
      const text = await store.loadOrCreate("x", () => Promise.reject(new Error("there is none")));
      expect(text).toHaveLength(100_000);
      expect(new Set(text).size).toBe(1);
    }
    await writing;
  });

  it("leaves nothing where making fails, so that the next one can try again", async () => {
    const directory = await temporaryDirectory();
    const store = await openDirectory(directory);
    await expect(store.loadOrCreate("x", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await readdir(directory)).toEqual([]);
    expect(await store.loadOrCreate("x", async () => "yes")).toBe("yes");
  });
});

describe("without a state directory", () => {
  it("token, authority and keys are new each time, the organization is not", async () => {
    const [first, second] = [await start({}), await start({})];
    expect(first.organizationId).toBe(second.organizationId);
    expect(first.apiToken).not.toBe(second.apiToken);
    expect(first.rootCertificate).not.toBe(second.rootCertificate);
    expect(
      (
        await send(second, {
          path: `/Api/v1/${second.organizationId}/Cryptoki/MySigningPolicies`,
          token: first.apiToken,
        })
      ).status,
    ).toBe(401);
  });
});
