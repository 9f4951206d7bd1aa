import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { takeLock } from "../../../src/cli/sign/journal/lock.js";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill, namesIn, signpath, submissions } from "../support.js";
import { JOURNAL } from "./support.js";

const emulator = useEmulator();
const SIGN = ["sign", "--policy", "demo/p-256", "--format", "raw"];
const never = new AbortController().signal;

describe("the lock", () => {
  test("leaves alone what else is in its folder, and does not wait for it", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const mine = join(cwd, `${JOURNAL}.lock`, "mine");
    mkdirSync(join(cwd, `${JOURNAL}.lock`));
    writeFileSync(mine, "precious");
    utimesSync(mine, 0, 0);
    const lock = await takeLock(join(cwd, JOURNAL), never, () => expect.unreachable());
    await lock.release();
    expect(readFileSync(mine, "utf8")).toBe("precious");
  });

  test("is not looked for where a link leads to", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const elsewhere = fill(temporaryFolder(), { "0123456789abcdef": "precious" });
    symlinkSync(elsewhere, join(cwd, `${JOURNAL}.lock`));
    const args = [...SIGN, "data", "--journal", JOURNAL];
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining("is not a directory of yours")]);
    expect(namesIn(elsewhere)).toEqual(["0123456789abcdef"]);
  });
});

describe("the journal", () => {
  test.each([
    [["data", "--out", JOURNAL, "--journal", JOURNAL], "would replace the journal"],
    [["data", "--journal", "data.sig"], "would replace the journal"],
    [["data", "--out", `link/${JOURNAL}`, "--journal", JOURNAL], "would replace the journal"],
    [["data", "--out", JOURNAL, "--journal", `link/${JOURNAL}`], "would replace the journal"],
    [[`./${JOURNAL}`, "--journal", JOURNAL], "is the journal, and is not signed"],
    [["--resume", "--journal", "pipe"], "must be a regular file"],
  ])("is not replaced, signed or taken for what it is not: %j", async (args, message) => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    symlinkSync(".", join(cwd, "link"));
    execFileSync("mkfifo", ["-m", "600", join(cwd, "pipe")]);
    const before = submissions(emulator());
    const { status, stderr } = await signpath([...SIGN, ...args], { emulator: emulator(), cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(submissions(emulator())).toBe(before);
    expect(namesIn(cwd)).not.toContain(`${JOURNAL}.sig`);
  });

  test("does not count how a batch is shown among what makes a signature another one", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const args = [...SIGN, "data", "--journal", JOURNAL];
    await signpath([...args, "--no-progress"], { emulator: emulator(), cwd });
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect([status, stderr]).toEqual([0, expect.stringContaining("skipped data")]);
  });
});
