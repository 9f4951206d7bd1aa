import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { canMount, smallDisk } from "../../support/small-disk.js";
import { temporaryFolder } from "../../support/temporary.js";
import { namesIn, requestArrives, signpath, start, submissions } from "../support.js";
import { JOURNAL, manyFiles, signing, timesSigned, verifyAll } from "./support.js";

const emulator = useEmulator();

afterEach(() => emulator().clearFaults());

function slowly(ms: number): void {
  emulator().addFault({ kind: "latency", ms, route: "signingRequests", count: Number.POSITIVE_INFINITY });
}

test("four processes at once on one journal sign each file once", async () => {
  slowly(100);
  const cwd = temporaryFolder();
  const names = manyFiles(cwd, 12);
  const runs = await Promise.all(
    [0, 1, 2, 3].map(() => signpath(signing(names), { emulator: emulator(), cwd })),
  );
  expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(timesSigned(emulator(), cwd, names)).toEqual(names.map(() => 1));
  const skipped = runs.map(({ stderr }) => stderr.match(/^skipped/gm)?.length ?? 0);
  expect(skipped.sort((a, b) => a - b)).toEqual([0, 12, 12, 12]);
  await verifyAll(emulator(), cwd, names);
  expect(namesIn(cwd)).not.toContain(`${JOURNAL}.lock`);
});

test("Ctrl-C ends the wait for another process, and lets the other one go on", async () => {
  slowly(3000);
  const cwd = temporaryFolder();
  const names = manyFiles(cwd, 2);
  const before = submissions(emulator());
  const first = start(signing(names), { emulator: emulator(), cwd });
  await requestArrives(emulator(), before, 2);
  const second = start(signing(names), { emulator: emulator(), cwd });
  await expect.poll(() => second.stderr()).toContain("waiting: journal is in use");
  second.child.kill("SIGINT");
  expect((await second.ended).status).toBe(130);
  expect((await first.ended).status).toBe(0);
  expect(timesSigned(emulator(), cwd, names)).toEqual([1, 1]);
});

test("Ctrl-C finishes what is in flight, and the next run goes on", async () => {
  slowly(1500);
  const cwd = temporaryFolder();
  const names = manyFiles(cwd, 6);
  const before = submissions(emulator());
  const { child, ended } = start(signing(names, "--jobs", "2"), { emulator: emulator(), cwd });
  await requestArrives(emulator(), before, 2);
  child.kill("SIGINT");
  const { status, stderr } = await ended;
  expect([status, stderr]).toEqual([130, expect.stringContaining("2 signed")]);
  emulator().clearFaults();
  const next = await signpath(["sign", "--resume", "--journal", JOURNAL], { emulator: emulator(), cwd });
  expect([next.status, next.stderr]).toEqual([0, expect.stringContaining("4 signed, 2 skipped")]);
  expect(next.stderr).not.toContain("signed twice");
  expect(timesSigned(emulator(), cwd, names)).toEqual(names.map(() => 1));
});

test.runIf(canMount)(
  "a full disk under the journal ends the batch, and what was signed is known the next time",
  async () => {
    const [cwd, disk] = [temporaryFolder(), smallDisk()];
    const names = manyFiles(cwd, 80);
    const args = signing(names).map((arg) => (arg === JOURNAL ? join(disk, JOURNAL) : arg));
    const filler = join(disk, "filler");
    writeFileSync(filler, Buffer.alloc(96 * 1024));
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect(status).toBe(3);
    expect(stderr).toMatch(/journal cannot be written: no space is left on the device \(ENOSPC\)/);
    expect(stderr).toMatch(/\d+ signed.* not tried/);
    unlinkSync(filler);
    const next = await signpath(args, { emulator: emulator(), cwd });
    expect(next.status).toBe(0);
    expect(timesSigned(emulator(), cwd, names)).toEqual(names.map(() => 1));
    await verifyAll(emulator(), cwd, names.slice(0, 10));
  },
);
