import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill, namesIn, requestArrives, signpath, start, submissions } from "../support.js";
import { manyFiles, recordsOf, signing, timesSigned, verifyAll, workerOf } from "./support.js";

const emulator = useEmulator();

/** `npm test` kills a small batch, `TEST_KILL_FILES=10000` the one of the issue. */
const FILES = Number(process.env["TEST_KILL_FILES"] ?? 60);
const KILLS = 10;
/** openssl is started for each signature. */
const LIMIT_MS = 600_000 + FILES * 60;

afterEach(() => emulator().clearFaults());

function slowly(ms: number): void {
  emulator().addFault({ kind: "latency", ms, route: "signingRequests", count: Number.POSITIVE_INFINITY });
}

test(
  `killed ten times at any moment, a batch of ${FILES} files has each signed exactly once`,
  async () => {
    slowly(20);
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, FILES);
    const first = signing([], "--files-from", "names", "--jobs", "4");
    fill(cwd, { names: `${names.join("\n")}\n` });
    for (let kill = 0; kill < KILLS; kill++) {
      const before = submissions(emulator());
      const { child, ended } = start(first, { emulator: emulator(), cwd });
      // Somewhere: before there is a journal, while it waits for the one before, in the middle.
      const share = Math.floor((Math.random() * FILES) / KILLS);
      const arrived = requestArrives(emulator(), before, share + 1).catch(() => undefined);
      await Promise.race([kill % 3 === 0 ? delay(Math.random() * 1500) : arrived, ended]);
      await delay(Math.random() * 20);
      child.kill("SIGKILL");
      await ended;
    }
    const { status, stderr } = await signpath(first, { emulator: emulator(), cwd });
    expect([status, stderr.includes("signed twice")]).toEqual([0, false]);
    expect(new Set(timesSigned(emulator(), cwd, names))).toEqual(new Set([1]));
    await verifyAll(emulator(), cwd, names);
    expect(namesIn(cwd).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  },
  LIMIT_MS,
);

describe("when the user's process is killed", () => {
  test("what is in flight is finished and remembered, and nothing else is begun", async () => {
    slowly(4000);
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 12);
    const before = submissions(emulator());
    const { child, ended } = start(signing(names, "--jobs", "3"), { emulator: emulator(), cwd });
    await requestArrives(emulator(), before, 3);
    child.kill("SIGKILL");
    await ended;
    emulator().clearFaults();
    const { status, stderr } = await signpath(signing(names), { emulator: emulator(), cwd });
    expect([status, stderr.match(/^skipped/gm)?.length]).toEqual([0, 3]);
    expect(stderr).toMatch(/waiting: journal is in use by process \d+ on /);
    expect(timesSigned(emulator(), cwd, names)).toEqual(names.map(() => 1));
  });
});

describe("when the process that signs is killed", () => {
  test("the command fails and says what to do", async () => {
    slowly(700);
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 6);
    const before = submissions(emulator());
    const { ended } = start(signing(names, "--json", "--jobs", "2"), { emulator: emulator(), cwd });
    await requestArrives(emulator(), before, 2);
    process.kill(workerOf(cwd) ?? 0, "SIGKILL");
    const { status, stderr } = await ended;
    expect(status).toBe(3);
    expect(stderr).toContain("the process that signs was ended from outside (SIGKILL)");
    expect(stderr).toContain("WORKER_ENDED");
  });

  test("together with the user's, at most what was in flight is signed twice, and the next run says how many", async () => {
    slowly(700);
    const cwd = temporaryFolder();
    const names = manyFiles(cwd, 10);
    const before = submissions(emulator());
    const { child, ended } = start(signing(names, "--jobs", "3"), { emulator: emulator(), cwd });
    await requestArrives(emulator(), before, 3);
    const worker = workerOf(cwd) ?? 0;
    process.kill(worker, "SIGKILL");
    child.kill("SIGKILL");
    await ended;
    const open = recordsOf(cwd).filter(({ kind }) => kind === "begun").length;
    const { status, stderr } = await signpath(signing(names), { emulator: emulator(), cwd });
    expect(status).toBe(0);
    expect(stderr).toContain(`${open} files may have been signed twice`);
    expect(stderr).toContain("again: a run was ended before its signature was on the disk");
    const times = timesSigned(emulator(), cwd, names);
    expect(Math.min(...times)).toBe(1);
    expect(times.reduce((sum, count) => sum + count, 0) - names.length).toBeLessThanOrEqual(open);
    await verifyAll(emulator(), cwd, names);
    expect(namesIn(cwd).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});
