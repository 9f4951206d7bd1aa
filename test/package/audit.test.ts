import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import type { RunResult } from "../support/run.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const script = join(import.meta.dirname, "../../.ci/audit.mjs");

/** Runs the check where `npm` answers so. */
function auditWith(report: object | string): Promise<RunResult> {
  const folder = temporaryFolder();
  const answer = typeof report === "string" ? report : JSON.stringify(report);
  const npm = join(folder, "npm");
  writeFileSync(npm, `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(answer)});\n`);
  chmodSync(npm, 0o755);
  const path = `${folder}${delimiter}${process.env["PATH"]}`;
  return run(process.execPath, [script], { env: { ...process.env, PATH: path } });
}

test("no vulnerability passes", async () => {
  const report = { vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } };
  expect(await auditWith(report)).toMatchObject({ status: 0, stderr: "" });
});

test("a vulnerability of the least severity fails, and its package is named", async () => {
  const result = await auditWith({
    vulnerabilities: { a: { name: "a", severity: "info", range: "<2" } },
    metadata: { vulnerabilities: { info: 1, total: 1 } },
  });
  expect(result).toMatchObject({ status: 1, stderr: "audit: a <2: info\n" });
});

test("a registry that cannot be asked does not fail, and is named", async () => {
  const { status, stdout } = await auditWith({ message: "405 Method Not Allowed", error: { summary: "" } });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("not reachable") });
  expect(stdout).toContain("405 Method Not Allowed");
});

test.each([
  ["an error of npm itself", { error: { code: "ENOLOCK", summary: "This command requires a lockfile." } }],
  ["no answer at all", ""],
])("%s fails", async (_what, report) => {
  expect(await auditWith(report)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("could not be done"),
  });
});
