import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import type { RunResult } from "../support/run.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { fill, MAIN, namesIn } from "./support.js";

const emulator = useEmulator();

const NAMES = ["one", "two", "three", "four"];

/** Runs a script in bash, in which `"$@"` signs four files. */
async function inBash(script: string, more: readonly string[] = []): Promise<RunResult & { cwd: string }> {
  const cwd = fill(temporaryFolder(), Object.fromEntries(NAMES.map((name) => [name, name])));
  const env = { PATH: process.env["PATH"], ...emulator().environment };
  const command = [process.execPath, MAIN, "sign", ...NAMES, "--policy", "demo/p-256", ...more];
  return { ...(await run("bash", ["-c", script, "bash", ...command], { cwd, env })), cwd };
}

const SIGNED = [...NAMES, ...NAMES.map((name) => `${name}.p7s`)].sort();

describe.runIf(existsSync("/bin/bash"))("all is signed, and the exit code is 0", () => {
  test.each([
    ["where the reader of --json leaves after a line", `"$@" --json | head -1; exit "\${PIPESTATUS[0]}"`],
    ["where the reader of stderr leaves after a line", `"$@" 2>&1 >&- | head -1; exit "\${PIPESTATUS[0]}"`],
    ["where nobody ever reads --json", `"$@" --json > >(:); exit $?`],
    ["without stdin, stdout and stderr", `"$@" <&- >&- 2>&-`],
    ["without stdout, with --json", `"$@" --json >&-`],
    ["with a full disk behind stderr", `"$@" 2>/dev/full`],
  ])("%s", async (_what, script) => {
    const { status, stderr, cwd } = await inBash(script);
    expect([status, stderr.includes("error:")]).toEqual([0, false]);
    expect(namesIn(cwd)).toEqual(SIGNED);
    // No line went into a file that had the number of a closed stream.
    for (const name of NAMES)
      expect(readFileSync(join(cwd, `${name}.p7s`)).subarray(0, 2)).toEqual(Buffer.from([0x30, 0x82]));
  });
});

test.runIf(existsSync("/dev/full"))("a full disk behind --json is told, though all is signed", async () => {
  const { status, stderr, cwd } = await inBash(`"$@" --json >/dev/full`);
  expect(status).toBe(3);
  expect(stderr).toContain("stdout cannot be written: no space is left on the device (ENOSPC)");
  expect(namesIn(cwd)).toEqual(SIGNED);
});
