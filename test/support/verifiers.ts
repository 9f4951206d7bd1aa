import type { TestFunction, TestOptions } from "vitest";
import { describe, test } from "vitest";
import type { Verifier } from "./programs.js";
import { verifiers } from "./programs.js";
import type { RunOptions, RunResult } from "./run.js";
import { run } from "./run.js";

/** A `describe` that needs verifiers: without one, skipped on a developer's machine and failed in CI. */
export function describeWith(needed: Verifier | readonly Verifier[], name: string, tests: () => void): void {
  const absent = [needed].flat().find((verifier) => verifiers[verifier] === undefined);
  if (absent === undefined) describe(name, tests);
  else reportMissing(absent, name);
}

/** A `test` that needs verifiers: without one, skipped on a developer's machine and failed in CI. */
export function testWith(
  needed: Verifier | readonly Verifier[],
  name: string,
  body: TestFunction,
  options: TestOptions | number = {},
): void {
  const settings = typeof options === "number" ? { timeout: options } : options;
  const absent = [needed].flat().find((verifier) => verifiers[verifier] === undefined);
  if (absent === undefined) test(name, settings, body);
  else reportMissing(absent, name, settings);
}

/** Runs `openssl` to its end. */
export function openssl(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  return run(pathOf("openssl"), args, options);
}

/** Where a verifier is, for a test that is left out without it. */
export function pathOf(verifier: Verifier): string {
  const path = verifiers[verifier];
  if (path === undefined) throw new Error(missing(verifier));
  return path;
}

function reportMissing(verifier: Verifier, name: string, options: TestOptions = {}): void {
  const title = `${name} (${missing(verifier)})`;
  test.runIf(process.env["CI"] === "true")(title, options, () => {
    throw new Error(missing(verifier));
  });
}

function missing(verifier: Verifier): string {
  return `${verifier} is not installed`;
}
