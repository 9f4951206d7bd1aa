import { fileURLToPath } from "node:url";
import type { Verifier } from "./programs.js";
import { run } from "./run.js";
import { pathOf } from "./verifiers.js";

/** The verifiers that are modules of Python. */
export type PythonVerifier = Extract<Verifier, `python-${string}`>;

/**
 * Runs a script of `test/support/python/`, which reads JSON from stdin and prints JSON.
 *
 * @param verifier what the script imports; the test must be one that is left out without it (`testWith`)
 * @param script its file name, for example `verify_jwt.py`
 * @returns what the script printed
 * @throws {Error} if the script ends with another status than 0: a signature that is not good is an answer, not that
 */
export async function python(verifier: PythonVerifier, script: string, input: unknown): Promise<unknown> {
  const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  // Isolated: neither the environment nor the home of who runs the tests changes what is imported.
  const { status, stdout, stderr } = await run(pathOf(verifier), ["-I", path], {
    input: JSON.stringify(input),
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
