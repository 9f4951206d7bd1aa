import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import type { Running } from "./support.js";
import { eventsOf, fill, MAIN, namesIn, requestArrives, start, submissions } from "./support.js";

const emulator = useEmulator();

afterEach(() => emulator().clearFaults());

const NAMES = ["one", "two", "three", "four", "five", "six"];

/** Signs six files, two at a time, until the service hangs at the third and the fourth. */
async function halfWay(args: readonly string[] = []): Promise<{ cwd: string; running: Running }> {
  const cwd = fill(temporaryFolder(), Object.fromEntries(NAMES.map((name) => [name, name])));
  fill(cwd, Object.fromEntries(NAMES.map((name) => [`${name}.p7s`, "older"])));
  const before = submissions(emulator());
  emulator().addFault({ kind: "latency", ms: 1, route: "signingRequests", count: 2 });
  emulator().addFault({ kind: "latency", ms: 60_000, route: "signingRequests", count: 100 });
  const command = ["sign", ...NAMES, "--policy", "demo/p-256", "--jobs", "2", ...args];
  const running = start(command, { emulator: emulator(), cwd });
  await requestArrives(emulator(), before, 4);
  return { cwd, running };
}

/** Longer than what passes for one keystroke. */
const NEXT_KEYSTROKE_MS = 600;

async function pressTwice({ child, stderr }: Running): Promise<void> {
  child.kill("SIGINT");
  while (!stderr().includes("Ctrl-C again to stop")) await delay(10);
  await delay(NEXT_KEYSTROKE_MS);
  child.kill("SIGINT");
}

describe("half-way through", () => {
  test.each([
    ["Ctrl-C twice", 130, pressTwice],
    ["SIGTERM", 143, ({ child }: Running) => child.kill("SIGTERM")],
  ] as const)(
    "%s exits with %i without waiting, with whole files or the old ones",
    async (_what, status, interrupt) => {
      const { cwd, running } = await halfWay();
      expect(namesIn(cwd).filter((name) => name.endsWith(".tmp")).length).toBeGreaterThanOrEqual(2);
      const begin = performance.now();
      await interrupt(running);
      const result = await running.ended;
      expect(result.status).toBe(status);
      expect(performance.now() - begin).toBeLessThan(20_000);
      expect(namesIn(cwd)).toEqual([...NAMES, ...NAMES.map((name) => `${name}.p7s`)].sort());
      const contents = NAMES.map((name) => readFileSync(join(cwd, `${name}.p7s`)));
      expect(contents.filter((content) => content.toString() === "older")).toHaveLength(4);
      for (const content of contents.filter((each) => each.toString() !== "older")) {
        // DER: a SEQUENCE that is exactly as long as it says.
        expect(content.subarray(0, 2).toString("hex")).toBe("3082");
        expect(content.length).toBe(content.readUInt16BE(2) + 4);
      }
      expect(result.stderr).toContain("interrupted: 2 signed, 2 failed, 2 not tried");
    },
  );

  test("a signal that comes twice, as npm passes it on, is one", async () => {
    const { cwd, running } = await halfWay();
    running.child.kill("SIGTERM");
    running.child.kill("SIGTERM");
    expect((await running.ended).status).toBe(143);
    expect(namesIn(cwd).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("Ctrl-C is told with --json as well", async () => {
    const { running } = await halfWay(["--json"]);
    await pressTwice(running);
    const events = eventsOf(await running.ended);
    // One more may still be on its way to the disk.
    const stopping = events.find(({ event }) => event === "stopping");
    expect([2, 3, 4]).toContain(stopping?.["inFlight"]);
    expect(events.filter(({ event }) => event === "interrupted")).toHaveLength(2);
    expect(events.at(-1)).toEqual({
      event: "summary",
      signed: 2,
      skipped: 0,
      failed: 2,
      notTried: 2,
      elapsedMs: expect.any(Number),
      retries: 0,
      interrupted: true,
      exitCode: 130,
    });
  });

  test("the requests in flight are called off", async () => {
    const { running } = await halfWay();
    running.child.kill("SIGTERM");
    await running.ended;
    const before = emulator().signingRequests.length;
    await delay(100);
    expect(emulator().signingRequests.length).toBe(before);
  });
});

test("Ctrl-C once finishes what is in flight, begins nothing else and says so", async () => {
  const cwd = fill(temporaryFolder(), Object.fromEntries(NAMES.map((name) => [name, name])));
  const before = submissions(emulator());
  emulator().addFault({ kind: "latency", ms: 1500, route: "signingRequests", count: 100 });
  const args = ["sign", ...NAMES, "--policy", "demo/p-256", "--jobs", "2"];
  const running = start(args, { emulator: emulator(), cwd });
  await requestArrives(emulator(), before, 2);
  running.child.kill("SIGINT");
  const { status, stderr } = await running.ended;
  expect(status).toBe(130);
  expect(stderr).toContain("finishing 2 files; Ctrl-C again to stop\n");
  expect(stderr).toContain("interrupted: 2 signed, 4 not tried\n");
  expect(submissions(emulator()) - before).toBe(2);
  // Files are read side by side, so that any two of the first may have been in flight.
  const signed = namesIn(cwd).filter((name) => !NAMES.includes(name));
  expect(signed.map((name) => name.endsWith(".p7s"))).toEqual([true, true]);
});

test("Ctrl-C while the policy is fetched does not wait for the answer", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  emulator().addFault({ kind: "latency", ms: 60_000, route: "mySigningPolicies" });
  const before = emulator().requests.length;
  const running = start(["sign", "data", "--policy", "demo/p-256"], { emulator: emulator(), cwd });
  while (emulator().requests.length === before) await delay(10);
  const begin = performance.now();
  running.child.kill("SIGINT");
  const { status, stderr } = await running.ended;
  expect(status).toBe(130);
  expect(stderr).toBe("interrupted: 1 not tried\n");
  expect(performance.now() - begin).toBeLessThan(20_000);
  expect(namesIn(cwd)).toEqual(["data"]);
});

test("Ctrl-C twice during the wait for another attempt does not wait", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  emulator().addFault({ kind: "status", status: 429, retryAfter: "60", route: "signingRequests" });
  const running = start(["sign", "data", "--policy", "demo/p-256"], { emulator: emulator(), cwd });
  while (!running.stderr().includes("retrying")) await delay(10);
  expect(running.stderr()).toContain("retrying fast signing request in 60.0 s: ");
  await pressTwice(running);
  expect((await running.ended).status).toBe(130);
  expect(namesIn(cwd)).toEqual(["data"]);
});

test.each([0, 300])("Ctrl-C while stdin gives nothing ends the wait, after %i ms", async (wait) => {
  const cwd = temporaryFolder();
  const args = ["sign", "-", "--out", "out", "--policy", "demo/p-256"];
  const running = start(args, { emulator: emulator(), cwd });
  while (namesIn(cwd).length === 0) await delay(10);
  await delay(wait);
  running.child.kill("SIGINT");
  expect((await running.ended).status).toBe(130);
  expect(namesIn(cwd)).toEqual([]);
});

test.runIf(process.platform === "linux").each([0, 300])(
  "Ctrl-C ends the process also while a named pipe has no writer, and leaves nothing behind, after %i ms",
  async (wait) => {
    const cwd = temporaryFolder();
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    const running = start(["sign", "pipe", "--policy", "demo/p-256"], { emulator: emulator(), cwd });
    while (namesIn(cwd).length === 1) await delay(10);
    await delay(wait);
    running.child.kill("SIGINT");
    // A shell shows 130 for both.
    const { status, signal } = await running.ended;
    expect(status === 130 || signal === "SIGINT").toBe(true);
    expect(namesIn(cwd)).toEqual(["pipe"]);
  },
);

test.runIf(process.platform === "linux")("a second Ctrl-C does not wait for anything", async () => {
  const cwd = temporaryFolder();
  execFileSync("mkfifo", [join(cwd, "pipe")]);
  const running = start(["sign", "-", "--out", "pipe", "--policy", "demo/p-256"], {
    emulator: emulator(),
    cwd,
  });
  // It hangs in opening the pipe, which nobody reads.
  await delay(1500);
  running.child.kill("SIGTERM");
  await delay(700);
  running.child.kill("SIGTERM");
  const { status, signal } = await running.ended;
  expect(status === 143 || signal === "SIGTERM").toBe(true);
});

/** Whether a process can be had that asks another name server: by a mount that it alone sees. */
const CAN_MOUNT = process.platform === "linux" && spawnSync("unshare", ["--mount", "true"]).status === 0;

test.runIf(CAN_MOUNT)("Ctrl-C does not wait for a name server that does not answer", async ({ skip }) => {
  const server = createSocket("udp4");
  const asked = once(server, "message");
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).bind(53, "127.0.0.53", resolve);
    });
  } catch {
    skip("127.0.0.53:53 is not to be had");
  }
  const cwd = fill(temporaryFolder(), {
    data: "x",
    "resolv.conf": "nameserver 127.0.0.53\noptions timeout:30\n",
  });
  const command = 'mount --bind resolv.conf /etc/resolv.conf && exec "$@"';
  const args = [
    "--mount",
    "sh",
    "-c",
    command,
    "sh",
    process.execPath,
    MAIN,
    "sign",
    "data",
    "--policy",
    "a/b",
  ];
  const env = {
    PATH: process.env["PATH"],
    ...emulator().environment,
    SIGNPATH_API_URL: "https://slow.example/Api",
  };
  const child = spawn("unshare", args, { cwd, env, stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    await Promise.race([asked, ended]);
    const begin = performance.now();
    child.kill("SIGINT");
    const [status, signal] = await ended;
    expect(status === 130 || signal === "SIGINT").toBe(true);
    // The system would ask for 60 seconds.
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(namesIn(cwd)).toEqual(["data", "resolv.conf"]);
  } finally {
    child.kill("SIGKILL");
    server.close();
  }
});
