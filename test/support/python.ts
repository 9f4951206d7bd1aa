import { fileURLToPath } from "node:url";
import { LineService } from "./line-service.js";
import type { Verifier } from "./programs.js";
import { pathOf } from "./verifiers.js";

/** The verifiers that are modules of Python. */
export type PythonVerifier = Extract<Verifier, `python-${string}`>;

/** By verifier and script: to load Python and cryptography takes longer than all that a test asks of them. */
const started = new Map<string, LineService>();

/**
 * Runs a script of `test/support/python/`, which reads JSON from stdin and prints JSON. Python is started once for a script
 * in a file of tests; each run has names of its own.
 *
 * @param verifier what the script imports; the test must be one that is left out without it (`testWith`)
 * @param script its file name, for example `verify_jwt.py`
 * @returns what the script printed
 * @throws {Error} if the script ends with another status than 0: a signature that is not good is an answer, not that
 */
export async function python(verifier: PythonVerifier, script: string, input: unknown): Promise<unknown> {
  const service = started.get(`${verifier} ${script}`) ?? start(verifier, script);
  const { status, stdout, stderr } = JSON.parse(await service.ask(JSON.stringify(input))) as Ended;
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** How a run ended; see `serve.py`. */
interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(verifier: PythonVerifier, script: string): LineService {
  const [serve, path] = ["serve.py", script].map((name) =>
    fileURLToPath(new URL(`python/${name}`, import.meta.url)),
  ) as [string, string];
  // Isolated: neither the environment nor the home of who runs the tests changes what is imported.
  const service = new LineService(pathOf(verifier), ["-I", "-X", "utf8", serve, path]);
  started.set(`${verifier} ${script}`, service);
  return service;
}
