import { truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { Terminal } from "../support/terminal.js";
import { describeWith, testWith } from "../support/verifiers.js";
import { fill, MAIN, namesIn, submissions } from "./support.js";

const emulator = useEmulator();

afterEach(() => emulator().clearFaults());

const [GREEN, NO_COLOUR] = ["\u001b[32m", "\u001b[39m"];
const ERASE = "\r\u001b[K";

/** Longer than what passes for one keystroke. */
const NEXT_KEYSTROKE_MS = 600;

interface Options {
  readonly env?: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly cwd?: string;
}

/** Names of files that there are. */
function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `file-${String(index).padStart(3, "0")}`);
}

function folderWith(files: readonly string[]): string {
  return fill(temporaryFolder(), Object.fromEntries(files.map((name) => [name, name])));
}

function sign(args: readonly string[], { env, columns, cwd = "." }: Options): Promise<Terminal> {
  const command = [process.execPath, MAIN, "sign", "--policy", "demo/p-256", ...args];
  // tmux needs no more of the environment, and what it has would change what is shown: CI, NO_COLOR.
  const all = { PATH: process.env["PATH"], LANG: "C.UTF-8", ...emulator().environment, ...env };
  return Terminal.open(command, { cwd, env: all, ...(columns !== undefined && { columns }) });
}

/** Answers take so long from now on. */
function slowly(ms: number): void {
  emulator().addFault({ kind: "latency", ms, route: "signingRequests", count: Number.POSITIVE_INFINITY });
}

const STATUS = /\d+\/\d+/;

testWith("tmux", "a batch shows in one line how far it is, and failures above it", async () => {
  slowly(250);
  emulator().addFault({ kind: "other-key", count: 1 });
  const files = names(40);
  const cwd = folderWith(files);
  const terminal = await sign([...files, "gone", "--jobs", "2", "--out", "out/"], { cwd });
  const lines = await terminal.shows(/\[=+ *\] +\d+% {2}\d+\/41 {2}2 failed {2}.*waiting for the service/);
  expect(lines.join("\n")).toContain("error: gone cannot be read: it does not exist (ENOENT)");
  expect(lines.join("\n")).toMatch(/error: file-00\d was not signed: .*\n/);
  expect(lines.filter((line) => STATUS.test(line))).toHaveLength(1);
  expect(await terminal.isCursorVisible()).toBe(true);
  await terminal.shows(/ s left/);
  const end = (await terminal.ends(3)).slice(-9).join("\n");
  expect(end).toMatch(/ {2}39 {2}signed\n {3}2 {2}failed\n {2}in .* files\/s.*\n/);
  expect(end).toContain("INPUT_UNREADABLE: 1 file: gone\n");
  expect(end).toMatch(/SIGNATURE_INVALID: 1 file: file-00\d\n/);
  expect(end).toContain("not all went well: 39 signed, 2 failed\n[exit 3]");
  // What went well is counted; the line is gone.
  expect(end).not.toMatch(/signed file|\[=/);
});

testWith("tmux", "the line fits a terminal that is made narrower and wider again", async () => {
  slowly(60_000);
  const files = names(60);
  const cwd = folderWith(files);
  const terminal = await sign([...files, "--jobs", "2", "--out", "out/"], { cwd });
  await terminal.shows(/% {2}0\/60 {2}waiting for the service \(2\)$/m);
  const expected: [number, RegExp][] = [
    [40, /^0\/60 {2}waiting for the service \(2\)$/m],
    [20, /^0\/60$/m],
    [100, /^\[ +\] +0% {2}0\/60 {2}waiting for the service \(2\)$/m],
  ];
  for (const [columns, text] of expected) {
    await terminal.resize(columns);
    await terminal.shows(text);
    // tmux pushes a line out of the screen at the top when one below is broken into two.
    const lines = (await terminal.lines({ history: false })).filter((line) => STATUS.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThan(columns - 2);
  }
  process.kill(await terminal.pid(), "SIGTERM");
  await terminal.ends(143);
  expect((await terminal.lines({ history: false })).filter((line) => STATUS.test(line))).toEqual([]);
});

testWith("tmux", "wide characters are counted as they are shown", async () => {
  slowly(20_000);
  const name = "署名するファイル".repeat(6);
  const cwd = fill(temporaryFolder(), { [name]: "x" });
  truncateSync(join(cwd, name), 4 * 2 ** 30);
  const terminal = await sign([name], { cwd, columns: 60 });
  const lines = await terminal.shows(/hashing 署名/);
  const status = lines.filter((line) => line.includes("0/1"));
  expect(status).toHaveLength(1);
  expect(status[0]).toContain("...");
  await terminal.press("C-c");
  await delay(NEXT_KEYSTROKE_MS);
  await terminal.press("C-c");
  await terminal.ends(130);
});

testWith("tmux", "a large file shows how much of it is hashed", async () => {
  const cwd = fill(temporaryFolder(), { large: "x" });
  truncateSync(join(cwd, "large"), 2 ** 30);
  const terminal = await sign(["large"], { cwd });
  const lines = await terminal.ends(0);
  expect(stripVTControlCharacters(terminal.written)).toMatch(
    /\[=+ *\] +\d+% {2}0\/1 {2}.* of 1\.07 GB {2}.* hashing large \d+%/,
  );
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^signed large -> large\.p7s /);
});

testWith("tmux", "a retry is shown with its time running down", async () => {
  emulator().addFault({ kind: "status", status: 503, retryAfter: "4", route: "signingRequests", count: 1 });
  const cwd = folderWith(["data"]);
  const terminal = await sign(["data"], { cwd });
  expect(await terminal.ends(0)).toHaveLength(2);
  const shown = stripVTControlCharacters(terminal.written).matchAll(
    /0\/1 {2}retry in (\d) s after SERVICE_UNAVAILABLE/g,
  );
  const seconds = [...new Set(Array.from(shown, ([, second]) => Number(second)))];
  // One or another is not shown where the machine is busy.
  expect(seconds.length).toBeGreaterThan(1);
  expect(seconds).toEqual([4, 3, 2, 1, 0].filter((second) => seconds.includes(second)));
});

testWith("tmux", "one small file has one line, which stays", async () => {
  const terminal = await sign(["data", "--format", "raw"], { cwd: folderWith(["data"]) });
  expect(await terminal.ends(0)).toHaveLength(2);
  expect(terminal.written).toContain(`${GREEN}signed${NO_COLOUR} data -> data.sig `);
});

describeWith("tmux", "there is no line that changes", () => {
  testWith("tmux", "for CI, a dumb terminal, --no-progress, --quiet and --json", async () => {
    slowly(600);
    const cwd = folderWith(["one", "two"]);
    const cases: [string[], NodeJS.ProcessEnv][] = [
      [[], { CI: "true" }],
      [["--no-progress"], {}],
      [["--json"], {}],
      [["--quiet"], {}],
    ];
    for (const [args, env] of cases) {
      const terminal = await sign(["one", "two", ...args], { cwd, env });
      await terminal.ends(0);
      expect(terminal.written).not.toContain(ERASE);
    }
  });
});

describeWith("tmux", "colours", () => {
  const cases: [string, string[], NodeJS.ProcessEnv, boolean][] = [
    ["are there", [], {}, true],
    ["are not there with NO_COLOR", [], { NO_COLOR: "1" }, false],
    ["are not there with --no-color", ["--no-color"], { FORCE_COLOR: "1" }, false],
    ["are there with FORCE_COLOR all the same", [], { NO_COLOR: "1", FORCE_COLOR: "1" }, true],
  ];
  for (const [what, args, env, expected] of cases) {
    testWith("tmux", what, async () => {
      const terminal = await sign(["gone", ...args], { cwd: temporaryFolder(), env });
      await terminal.ends(3);
      expect(terminal.written.includes("\u001b[31merror:")).toBe(expected);
      expect(terminal.written.includes("\u001b[")).toBe(expected);
    });
  }
});

describeWith("tmux", "Ctrl-C", () => {
  testWith("tmux", "once finishes what is in flight, and the terminal is as it was", async () => {
    slowly(2500);
    const files = names(6);
    const cwd = folderWith(files);
    const before = submissions(emulator());
    const terminal = await sign([...files, "--jobs", "2"], { cwd });
    await terminal.shows("waiting for the service (2)");
    await terminal.press("C-c");
    const lines = await terminal.ends(130);
    const written = stripVTControlCharacters(terminal.written);
    expect(written).toContain("finishing 2 files; Ctrl-C again to stop");
    expect(written).toMatch(/% {2}0\/6 .*finishing, Ctrl-C again to stop/);
    expect(lines.slice(-2)).toEqual(["interrupted: 2 signed, 4 not tried", "[exit 130]"]);
    expect(submissions(emulator()) - before).toBe(2);
    expect(await terminal.isCursorVisible()).toBe(true);
  });

  testWith("tmux", "twice stops, with nothing half-written", async () => {
    slowly(60_000);
    const files = names(6);
    const cwd = folderWith(files);
    const terminal = await sign([...files, "--jobs", "2"], { cwd });
    await terminal.shows("waiting for the service (2)");
    await terminal.press("C-c");
    await terminal.shows("Ctrl-C again to stop");
    await delay(NEXT_KEYSTROKE_MS);
    await terminal.press("C-c");
    const lines = await terminal.ends(130);
    expect(lines.slice(-2)).toEqual(["interrupted: 2 failed, 4 not tried", "[exit 130]"]);
    expect(namesIn(cwd)).toEqual(files);
    expect(await terminal.isCursorVisible()).toBe(true);
  });
});

testWith("tmux", "SIGTERM stops at once and leaves no line behind", async () => {
  slowly(60_000);
  const files = names(3);
  const cwd = folderWith(files);
  const terminal = await sign([...files, "--jobs", "2"], { cwd });
  await terminal.shows("waiting for the service (2)");
  process.kill(await terminal.pid(), "SIGTERM");
  const lines = await terminal.ends(143);
  expect(lines.slice(-2)).toEqual(["interrupted: 2 failed, 1 not tried", "[exit 143]"]);
  expect(lines.filter((line) => STATUS.test(line))).toEqual([]);
  expect(namesIn(cwd)).toEqual(files);
});
