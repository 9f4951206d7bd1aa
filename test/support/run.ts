import { spawn } from "node:child_process";

/** How a program ended: its status (null if a signal ended it) and what it said. */
export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** `stdout` as it came. */
  readonly output: Buffer;
}

/** What a program is run with. */
export interface RunOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program to its end. A status other than 0 is a result, a program that cannot be started an error. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { input, cwd, env, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, signal });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      const output = Buffer.concat(stdout);
      resolve({ status, stdout: output.toString(), stderr: Buffer.concat(stderr).toString(), output });
    });
    child.stdin.on("error", () => undefined); // a program may end without reading its input
    child.stdin.end(input);
  });
}
