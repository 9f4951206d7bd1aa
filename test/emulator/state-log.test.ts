import { spawn } from "node:child_process";
import { verify } from "node:crypto";
import { once } from "node:events";
import { appendFile, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Emulator, EmulatorOptions, LogEntry } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { Ledger } from "../../src/emulator/ledger/ledger.js";
import type { Submission } from "../../src/emulator/ledger/signing-request.js";
import { LedgerFile } from "../../src/emulator/state/ledger-file.js";
import { LineFile } from "../../src/emulator/state/line-file.js";
import { eventually } from "../support/eventually.js";
import {
  api,
  ecdsaPayload,
  MESSAGE,
  rsaPayload,
  send,
  signatureOf,
  submit,
  temporaryDirectory,
} from "./support.js";

async function start(options: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  return emulator;
}

const P256 = { policy: "p-256", payload: ecdsaPayload() } as const;
const METADATA = { CreatingProcess: { CommandLine: "make release", User: "me" } };

/** Without what only lasts as long as an emulator. */
function lasting({ entries }: { entries: readonly LogEntry[] }): unknown {
  return entries.map(({ sequence: _, ...entry }) => entry);
}

describe("the audit log of a state directory", () => {
  it("is there again with everything in it", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state, approvalsNeeded: 2 });
    await submit(first, { ...P256, payload: ecdsaPayload({ Metadata: METADATA }) });
    await submit(first, { policy: "nothing" });
    await submit(first, { ...P256, payload: ecdsaPayload({ Metadata: METADATA }), fast: "false" });
    const waiting = await submit(first, { policy: "approval", fast: "false" });
    const id = String(waiting.json()["signingRequestId"]);
    first.approve(id, { by: "ci", comment: "fine" });
    const before = lasting(first.auditLog());
    expect(before).toHaveLength(4);
    await first.close();

    const second = await start({ state, approvalsNeeded: 2 });
    expect(second.state).toEqual({ directory: state, keepsLog: true, entries: 4, pending: 1, unreadable: 0 });
    // What was in progress is over by now.
    expect(lasting(second.auditLog())).toMatchObject(
      (before as LogEntry[]).map(({ id: same, result }) =>
        result === "processing" ? { id: same, result: "signed" } : { id: same, result },
      ),
    );
    expect(second.signingRequests).toHaveLength(3);
    expect(second.signingRequests[0]).toMatchObject({ commandLine: "make release", user: "ci" });
    expect(second.signingRequests[2]).toMatchObject({
      decisions: [{ verdict: "approved", by: "ci", comment: "fine", at: expect.any(Date) }],
    });
    second.approve(id);
    await eventually(async () => {
      const artifact = await send(second, { path: api(second, `SigningRequests/${id}/SignedArtifact`) });
      expect(artifact.status).toBe(200);
      const key = await second.publicKeyOf("approval");
      expect(verify("sha256", MESSAGE, key, signatureOf(artifact))).toBe(true);
      expect(artifact.json()).toMatchObject(rsaPayload());
    });
  });

  it("gives the signature that there was, and signs with the key that a request was submitted to", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state, processingMs: 0 });
    const key = { key: await first.publicKeyOf("p-256"), dsaEncoding: "ieee-p1363" } as const;
    const submitted = await submit(first, { ...P256, fast: "false" });
    await first.rotateCertificate("p-256", { newKey: true });
    const path = api(first, `SigningRequests/${submitted.json()["signingRequestId"]}/SignedArtifact`);
    await first.close();
    const second = await start({ state });
    const signature = signatureOf(await send(second, { path }));
    expect(verify("sha256", MESSAGE, key, signature)).toBe(true);
    await second.close();
    const third = await start({ state });
    expect(signatureOf(await send(third, { path }))).toEqual(signature);
  });

  it("keeps who may submit, and organizations that were given once", async () => {
    const state = await temporaryDirectory();
    const organizations = [
      { name: "One", users: [{ name: "a", submitter: "*" as const }] },
      { name: "Two", users: [{ name: "b", apiToken: "given", kind: "interactive" as const }] },
    ];
    const first = await start({ state, organizations });
    first.setSubmitter("p-256", false);
    first.setSubmitter("p-384", true, "b");
    const before = first.organizations;
    await first.close();
    expect(await readFile(join(state, "emulator.json"), "utf8")).not.toContain("given");
    const second = await start({ state });
    const withoutTokens = (all: Emulator["organizations"]): unknown =>
      all.map(({ users, ...rest }) => ({ ...rest, users: users.map(({ apiToken: _, ...user }) => user) }));
    expect(withoutTokens(second.organizations)).toEqual(withoutTokens(before));
    expect(second.tokens.get("a")).toBe(first.tokens.get("a"));
    expect(second.tokens.get("b")).not.toBe("given");
  });

  it.each([
    ["torn", async (file: string) => truncate(file, (await stat(file)).size - 10), 1, 0],
    ["torn in the middle", (file: string) => appendFile(file, '{"kind":"requ'), 2, 0],
    ["foreign", (file: string) => appendFile(file, '{"kind":"x"}\n[]\nnothing\n'), 2, 3],
    ["of nothing that is there", (file: string) => appendFile(file, '{"kind":"decision"}\n'), 2, 1],
  ])("survives a line that is %s", async (_what, spoil, entries, unreadable) => {
    const state = await temporaryDirectory();
    const first = await start({ state });
    for (let i = 0; i < 2; i++) await submit(first, P256);
    await first.close();
    await spoil(join(state, "audit-log.jsonl"));
    const second = await start({ state });
    expect(second.state).toMatchObject({ entries, unreadable });
    await submit(second, P256);
    await second.close();
    const third = await start({ state });
    expect(third.signingRequests).toHaveLength(entries + 1);
  });

  it.each([
    ['{"version":2}\n', /audit-log\.jsonl was written by a newer emulator/],
    ["nonsense\n", /audit-log\.jsonl is malformed; remove it/],
  ])("that begins with %j is refused, and left as it is", async (content, message) => {
    const state = await temporaryDirectory();
    const file = join(state, "audit-log.jsonl");
    await writeFile(file, content);
    await expect(startEmulator({ state })).rejects.toThrow(message);
    expect(await readFile(file, "utf8")).toBe(content);
    await writeFile(file, "");
    await start({ state });
  });

  it("is that of the first of two emulators; the second shares the keys and says so", async () => {
    const state = await temporaryDirectory();
    const first = await start({ state });
    const second = await start({ state });
    expect([first.state?.keepsLog, second.state?.keepsLog]).toEqual([true, false]);
    await submit(first, P256);
    await submit(second, P256);
    await submit(second, P256);
    expect(await second.certificateOf("p-256")).toEqual(await first.certificateOf("p-256"));
    await first.close();
    await second.close();
    const third = await start({ state });
    expect(third.state).toMatchObject({ keepsLog: true, entries: 1 });
  });

  it("is let go where the emulator cannot start", async () => {
    const state = await temporaryDirectory();
    const { origin } = await start({});
    await expect(startEmulator({ state, port: Number(new URL(origin).port) })).rejects.toThrow(/EADDRINUSE/);
    expect((await start({ state })).state?.keepsLog).toBe(true);
  });
});

describe("an emulator that is killed", () => {
  it("has its log again but for the last moment, and leaves no lock", async () => {
    const state = await temporaryDirectory();
    const program = new URL("../../dist/bin/main.js", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, "emulator", "--json", "--state", state], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const [line] = await once(child.stdout, "data");
    const { apiUrl, environment } = JSON.parse(String(line));
    const origin = String(apiUrl).replace(/\/Api$/, "");
    const { SIGNPATH_ORGANIZATION_ID: organizationId, SIGNPATH_API_TOKEN: apiToken } = environment;
    const there = { origin, organizationId, apiToken } as Emulator;
    for (let i = 0; i < 20; i++) expect((await submit(there, P256)).status).toBe(200);
    await eventually(async () => {
      const text = await readFile(join(state, "audit-log.jsonl"), "utf8");
      expect(text.split('"kind":"request"')).toHaveLength(21);
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    const emulator = await start({ state });
    expect(emulator.state).toMatchObject({ keepsLog: true, entries: 20, unreadable: 0 });
  });
});

describe("the file of the log", () => {
  const options = { processingMs: 0, capacity: 100, approvalsNeeded: 1, approvalExpiryMs: undefined };
  const identity = { keyId: "ab", certificate: Buffer.of(1, 2) };
  const submission = (number: number, metadata: unknown = METADATA): Submission => ({
    organizationId: "x",
    user: "me",
    route: "signHash",
    fast: true,
    policy: { slug: "p-256", approval: false } as Submission["policy"],
    payload: { SignatureAlgorithm: "Ecdsa", Base64EncodedHash: "AA==" },
    metadata,
    description: String(number),
    identity,
    signature: undefined,
    submittedAt: Date.now(),
    durationMs: 1,
  });
  const descriptions = (ledger: Ledger): unknown[] => ledger.toArray().map(({ description }) => description);

  it("is written anew where most of it has had its day, and loses nothing meanwhile", async () => {
    const directory = await temporaryDirectory();
    const ledger = new Ledger(options);
    const { log } = await LedgerFile.open(directory, ledger);
    for (let i = 0; i < 5000; i++) {
      const request = ledger.add(submission(i, i % 3 === 0 ? { i } : METADATA));
      if (i % 2 === 0) ledger.sign(request, String(i % 256));
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    const file = join(directory, "audit-log.jsonl");
    await eventually(async () => {
      ledger.add(submission(0));
      expect((await readFile(file, "utf8")).split("\n").length).toBeLessThan(1500);
    });
    await log.close();
    const again = new Ledger(options);
    const { log: other, unreadable } = await LedgerFile.open(directory, again);
    await other.close();
    expect(unreadable).toBe(0);
    expect(descriptions(again)).toEqual(descriptions(ledger));
    expect(again.toArray().map(({ metadata }) => metadata)).toEqual(
      ledger.toArray().map(({ metadata }) => metadata),
    );
    const signatures = (of: Ledger): unknown[] => of.toArray().map(({ id }) => of.find(id)?.signature);
    expect(signatures(again)).toEqual(signatures(ledger));
  });

  it("has the same metadata and the same key only once", async () => {
    const directory = await temporaryDirectory();
    const ledger = new Ledger(options);
    const { log } = await LedgerFile.open(directory, ledger);
    for (let i = 0; i < 10; i++) ledger.add(submission(i, structuredClone(METADATA)));
    await log.close();
    const text = await readFile(join(directory, "audit-log.jsonl"), "utf8");
    expect(text.split("make release")).toHaveLength(2);
    expect(text.split('"keyId"')).toHaveLength(2);
  });

  it.skipIf(process.platform === "win32")("is for its owner only", async () => {
    const directory = await temporaryDirectory();
    await (await LedgerFile.open(directory, new Ledger(options))).log.close();
    expect((await stat(join(directory, "audit-log.jsonl"))).mode & 0o777).toBe(0o600);
  });

  it("goes on where the disk took only part of a line", async () => {
    const path = join(await temporaryDirectory(), "lines");
    const file = await LineFile.open(path, 0);
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    onTestFinished(() => warning.mockRestore());
    const { FileHandle } = { FileHandle: Object.getPrototypeOf(await probe()) };
    const append = vi.spyOn(FileHandle, "appendFile").mockImplementationOnce(async () => {
      await appendFile(path, "fir");
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    });
    onTestFinished(() => append.mockRestore());
    file.append("first");
    await expect(file.flush()).rejects.toThrow("no space");
    file.append("second");
    await file.close();
    expect(await readFile(path, "utf8")).toBe("fir\nfirst\nsecond\n");

    async function probe(): Promise<object> {
      const { open } = await import("node:fs/promises");
      const handle = await open(path);
      await handle.close();
      return handle;
    }
  });
});
