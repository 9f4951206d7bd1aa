import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../../support/emulator.js";
import { temporaryFolder } from "../../support/temporary.js";
import { eventsOf, fill, PERMISSIONS_COUNT, signpath } from "../support.js";

const emulator = useEmulator();
const SIGN = ["sign", "--policy", "demo/p-256"];
/** Names that are read from stdin stand for themselves, also where they look like patterns. */
const LISTED = [...SIGN, "--files-from", "-", "--null"];

/** What makes GitHub take a line for a command. */
const COMMAND = /^\s*::[a-z-]+(?: [^:]*)?::/;

function commandsIn(text: string): string[] {
  return text.split("\n").filter((line) => COMMAND.test(line));
}

describe("on GitHub Actions", () => {
  test("each failure is an annotation on stderr and a row of the summary, and stdout has data alone", async () => {
    const cwd = fill(temporaryFolder(), { good: "x" });
    const summary = join(cwd, "summary.md");
    fill(cwd, { "summary.md": "before\n" });
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: cwd };
    const files = ["good", "gone, 100%: a", "/nowhere/b", "::error::c", "##vso[task.complete]d"];
    const result = await signpath([...LISTED, "--json"], {
      emulator: emulator(),
      cwd,
      env,
      input: files.join("\0"),
    });
    expect(result.status).toBe(3);
    expect(commandsIn(result.stderr)).toEqual([
      "::error file=gone%2C 100%25%3A a,title=INPUT_UNREADABLE::gone, 100%25: a cannot be read: it does not exist (ENOENT)",
      "::error title=INPUT_UNREADABLE::/nowhere/b cannot be read: it does not exist (ENOENT)",
      "::error file=\\u{3a}%3Aerror%3A%3Ac,title=INPUT_UNREADABLE::\\u{3a}:error::c cannot be read: it does not exist (ENOENT)",
      "::error file=\\u{23}#vso[task.complete]d,title=INPUT_UNREADABLE::\\u{23}#vso[task.complete]d cannot be read: it does not exist (ENOENT)",
    ]);
    expect(commandsIn(result.stdout)).toEqual([]);
    expect(result.stdout + result.stderr).not.toContain("##vso[");
    const failed = eventsOf(result).filter(({ event }) => event === "failed");
    expect(failed.map(({ file }) => file)).toEqual(files.slice(1));
    const text = readFileSync(summary, "utf8");
    expect(text).toMatch(/^before\n### SignPath: failed\n\n\| signed \| failed \| in \|\n/);
    expect(text).toMatch(/\n\| 1 \| 4 \| .* \|\n/);
    expect(text).toContain("| gone&#44; 100%&#58; a |".replace("&#44;", ","));
  });

  test("what comes from outside is neither Markdown nor HTML", async () => {
    const cwd = fill(temporaryFolder(), { "summary.md": "" });
    const env = { GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const file = "<img src=x>|[a](http:b) `c` @d #1 \n# e";
    const { status } = await signpath(LISTED, { emulator: emulator(), cwd, env, input: file });
    expect(status).toBe(3);
    const rows = readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| &"));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.replace(/^\| (.*) \| `INPUT_UNREADABLE` \| .* \|$/, "$1")).toMatch(/^(?:[\w ]|&#\d+;)*$/);
  });

  test.runIf(process.platform !== "win32")(
    "a summary that is a named pipe without a reader is not waited for",
    async () => {
      const cwd = fill(temporaryFolder(), { good: "x" });
      const pipe = join(cwd, "pipe");
      execFileSync("mkfifo", [pipe]);
      const env = { GITHUB_STEP_SUMMARY: pipe };
      const result = await signpath([...SIGN, "good"], { emulator: emulator(), cwd, env });
      expect(result.status).toBe(0);
      expect(result.stderr).toContain(
        "warning: the summary for GITHUB_STEP_SUMMARY was not written: nobody reads it (ENXIO)\n",
      );
    },
  );

  test("of thousands of failures the summary names some, and there are ten annotations", async () => {
    const cwd = fill(temporaryFolder(), { "summary.md": "" });
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const files = Array.from({ length: 3000 }, (_, index) => `${"&".repeat(20)}${index}`);
    const { status, stderr } = await signpath([...SIGN, ...files], { emulator: emulator(), cwd, env });
    expect(status).toBe(3);
    expect(commandsIn(stderr)).toHaveLength(10);
    expect(stderr).toContain("INPUT_UNREADABLE: 3000 files: ");
    expect(statSync(env.GITHUB_STEP_SUMMARY).size).toBeLessThan(512 * 1024);
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toMatch(/\n… and \d{4} more\.\n/);
  });

  test.runIf(PERMISSIONS_COUNT)("a summary that cannot be written is a warning, no failure", async () => {
    const cwd = fill(temporaryFolder(), { data: "x", "read-only.md": "" });
    chmodSync(join(cwd, "read-only.md"), 0o444);
    mkdirSync(join(cwd, "folder"));
    for (const name of ["read-only.md", "folder", "nowhere/summary.md"]) {
      const env = { GITHUB_STEP_SUMMARY: join(cwd, name) };
      const options = { emulator: emulator(), cwd, env, unprivileged: true };
      const { status, stderr } = await signpath([...SIGN, "data"], options);
      expect(status).toBe(0);
      expect(stderr).toContain("warning: the summary for GITHUB_STEP_SUMMARY was not written: ");
    }
  });
});

test("a server's words give no orders to the CI", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  const names = ["\n::set-output name=a::b", "\r\n##vso[task.setvariable variable=a]b", "data"];
  const { stderr } = await signpath([...SIGN, ...names], { emulator: emulator(), cwd });
  const second = await signpath(LISTED, { emulator: emulator(), cwd, input: names.join("\0") });
  // What is longer might be a token and is not shown at all.
  const usage = await signpath(["x\n::x::y\n##[e]z"], { emulator: emulator(), cwd });
  const all = stderr + second.stderr + usage.stderr;
  expect([second.status, usage.status]).toEqual([3, 1]);
  expect(all).toContain("\\u{a}::set-output name=a::b");
  expect(all).toContain("\\u{23}#vso[task.setvariable variable=a]b");
  expect(usage.stderr).toContain("\n\\u{3a}:x::y\n\\u{23}#[e]z");
  expect(commandsIn(all)).toEqual([]);
  expect(all).not.toMatch(/##\w*\[/);
});
