import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { Ledger } from "../../src/emulator/ledger/ledger.js";
import type { Submission } from "../../src/emulator/ledger/signing-request.js";
import { eventually } from "../support/eventually.js";
import { agent, api, cpuTime, ecdsaPayload, send, submit } from "./support.js";

const BUILT = new URL("../../dist/emulator/index.js", import.meta.url);

async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  return emulator;
}

/** How many of each kind there are of what keeps a process alive. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

describe("starting", () => {
  it("takes well under a second", async () => {
    expect(await cpuTime(start)).toBeLessThan(900);
  });

  it("gives the variables that a client needs", async () => {
    const emulator = await start({
      apiToken: "abc+/=",
      organizationId: "12345678-1234-4234-8234-123456789abc",
    });
    expect(emulator.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(emulator.environment).toEqual({
      SIGNPATH_API_URL: `${emulator.origin}/Api`,
      SIGNPATH_ORGANIZATION_ID: "12345678-1234-4234-8234-123456789abc",
      SIGNPATH_API_TOKEN: "abc+/=",
    });
    const path = api(emulator, "Cryptoki/MySigningPolicies?signingPolicySlug=p-256");
    expect((await send(emulator, { path })).status).toBe(200);
  });

  it.each([
    ["localhost", /^http:\/\/localhost:\d+$/],
    ["127.0.0.2", /^http:\/\/127\.0\.0\.2:\d+$/],
    ["::1", /^http:\/\/\[::1\]:\d+$/],
  ])("may listen on %s", async (host, origin) => {
    const emulator = await startEmulator({ host }).catch((error: NodeJS.ErrnoException) => error.code);
    // A machine may have no IPv6, or only one address of the loopback network.
    if (typeof emulator === "string") expect(emulator).toBe("EADDRNOTAVAIL");
    if (typeof emulator !== "object") return;
    onTestFinished(() => emulator.close());
    expect(emulator.origin).toMatch(origin);
    expect((await send(emulator, { path: "/" })).status).toBe(200);
  });

  it.each([
    [{ host: "0.0.0.0" }, /loopback/],
    [{ host: "::" }, /loopback/],
    [{ host: "192.168.0.1" }, /loopback/],
    [{ host: "example.com" }, /loopback/],
    [{ host: "127.0.0.1.example.com" }, /loopback/],
    [{ host: "" }, /loopback/],
    [{ port: 70_000 }, /port/],
    [{ port: -1 }, /port/],
    [{ organizationId: "me" }, /organizationId/],
    [{ apiToken: "" }, /apiToken/],
    [{ apiToken: "a b" }, /apiToken/],
    [{ state: "" }, /state/],
    [{ processingMs: -1 }, /processingMs/],
  ])("refuses %j", async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(TypeError);
    await expect(startEmulator(options)).rejects.toThrow(message);
  });

  it("on a port that is taken is an error", async () => {
    const { origin } = await start();
    await expect(startEmulator({ port: Number(new URL(origin).port) })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe("first use of a key", () => {
  it("by many requests at once makes one key and one certificate", async () => {
    const emulator = await start();
    const certificates = await Promise.all(
      Array.from({ length: 10 }, () =>
        emulator.certificateOf("rsa-2048").then((der) => Buffer.from(der).toString("hex")),
      ),
    );
    expect(new Set(certificates).size).toBe(1);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => submit(emulator, { policy: "p-256", payload: ecdsaPayload() })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  });
});

describe("connections", () => {
  it("are counted once however many requests they carry", async () => {
    const emulator = await start();
    const dispatcher = agent();
    for (let i = 0; i < 5; i++) await send(emulator, { path: "/" }, dispatcher);
    expect(emulator.connections).toBe(1);
  });
});

describe("closing", () => {
  it("ends idle connections and those that wait for an answer, and is done only once", async () => {
    const emulator = await start({
      faults: [
        { kind: "silence", route: "about" },
        { kind: "latency", ms: 60_000, route: "caCertificates" },
        { kind: "slow-body", bytesPerSecond: 1, route: "unknown" },
      ],
    });
    const idle = connect(Number(new URL(emulator.origin).port), "127.0.0.1");
    await once(idle, "connect");
    const dispatcher = agent(3);
    const waiting = ["/", "/ca.pem", "/unknown"].map((path) =>
      request(emulator.origin + path, { dispatcher })
        .then(({ body }) => body.text())
        .then(
          () => "answered",
          () => "ended",
        ),
    );
    while (emulator.requests.length < 3) await new Promise(setImmediate);
    const begin = performance.now();
    await Promise.all([emulator.close(), emulator.close()]);
    await emulator[Symbol.asyncDispose]();
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(await Promise.all(waiting)).toEqual(["ended", "ended", "ended"]);
    if (!idle.closed) await once(idle, "close");
    await expect(request(emulator.origin, { dispatcher })).rejects.toThrow(/ECONNREFUSED/);
  });

  it("waits for a key that is being made", async () => {
    const emulator = await start();
    let made = false;
    const making = emulator.certificateOf("rsa-2048").then(() => {
      made = true;
    });
    await emulator.close();
    expect(made).toBe(true);
    await making;
  });

  it("leaves nothing that keeps a process alive, nor a listener or a timer", async () => {
    const before = resources();
    const emulator = await startEmulator({ processingMs: 60_000 });
    const dispatcher = agent(2);
    emulator.addFault({ kind: "latency", ms: 60_000 });
    const late = submit(emulator, { policy: "p-256", payload: ecdsaPayload() }, dispatcher).catch(
      () => undefined,
    );
    while (emulator.requests.length < 1) await new Promise(setImmediate);
    await submit(emulator, { policy: "p-256", fast: "false", payload: ecdsaPayload() }, dispatcher);
    await emulator.close();
    await late;
    await dispatcher.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The test runner's own timers come and go.
    for (const [type, count] of resources()) {
      expect(count, type).toBeLessThanOrEqual(before.get(type) ?? 0);
    }
  });

  it.skipIf(!existsSync(BUILT) && process.env["CI"] !== "true")("lets a process end by itself", () => {
    const script = `
      const { startEmulator } = await import(process.argv[1]);
      const emulator = await startEmulator();
      await fetch(emulator.origin).then((response) => response.text());
      await emulator.close();
    `;
    const { status, stdout, stderr, signal } = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", script, BUILT.href],
      { encoding: "utf8", timeout: 10_000 },
    );
    expect({ status, stdout, stderr, signal }).toEqual({ status: 0, stdout: "", stderr: "", signal: null });
  });
});

describe("the ledger", () => {
  const options = { processingMs: 0, capacity: 10_000, approvalsNeeded: 1, approvalExpiryMs: undefined };
  const submission = {
    policy: { slug: "p-256", approval: false },
    payload: { SignatureAlgorithm: "Ecdsa", Base64EncodedHash: "AA==" },
    fast: true,
  } as Submission;

  it("keeps the newest signing requests", () => {
    const ledger = new Ledger(options);
    const ids = Array.from({ length: 10_003 }, () => ledger.add({ ...submission }).id);
    expect(ledger.toArray().map(({ id }) => id)).toEqual(ids.slice(3));
    expect(ledger.find(ids[2] ?? "")).toBeUndefined();
    expect(ledger.find(ids[3] ?? "")).toBeDefined();
  });

  it("finds what waits for an approval however much came after it, and counts it", () => {
    const ledger = new Ledger({ ...options, capacity: 20_000 });
    const approval = { ...submission, policy: { slug: "approval", approval: true } } as Submission;
    const [first, second, third] = [1, 2, 3].map(() => ledger.add({ ...approval }).id);
    for (let i = 0; i < 11_000; i++) ledger.add({ ...submission });
    const newest = ledger.add({ ...approval }).id;
    expect(ledger.pendingCount).toBe(4);
    const page = ledger.page({ status: "pending", limit: 2 });
    expect(page.entries.map(({ id }) => id)).toEqual([newest, third]);
    const { next: before = 0 } = page;
    ledger.decide(second ?? "", "denied");
    const rest = ledger.page({ status: "pending", limit: 2, before });
    expect(rest.entries.map(({ id }) => id)).toEqual([first]);
    expect(rest.next).toBeUndefined();
    expect(ledger.page({ status: "pending", limit: 9, policy: "p-256" }).entries).toEqual([]);
    for (let i = 0; i < 20_000; i++) ledger.add({ ...submission });
    expect([ledger.pendingCount, ledger.page({ status: "pending", limit: 9 }).entries]).toEqual([0, []]);
  });

  it("does not find what has waited for too long", async () => {
    const ledger = new Ledger({ ...options, approvalExpiryMs: 1 });
    ledger.add({ ...submission, policy: { slug: "approval", approval: true } } as Submission);
    await eventually(() => expect(ledger.pendingCount).toBe(0));
    expect(ledger.page({ status: "expired", limit: 9 }).entries).toHaveLength(1);
  });

  it("keeps fewer where they are large", () => {
    const ledger = new Ledger(options);
    const metadata = (bytes: number, number: number): object => ({ text: `${number}`.padEnd(bytes, "x") });
    for (let i = 0; i < 200; i++) ledger.add({ ...submission, metadata: metadata(1024 * 1024, i) });
    expect(ledger.toArray()).toHaveLength(63);
    ledger.add({ ...submission, metadata: metadata(100 * 1024 * 1024, 0) });
    expect(ledger.toArray()).toHaveLength(1);
  });
});
