import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";

/** Runs a program to its end: how long the whole process took, in milliseconds, and what it wrote to stdout. */
export function runProcess(file, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = [[], []];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      const ms = performance.now() - begin;
      if (status === 0) resolve({ ms, stdout: Buffer.concat(stdout).toString() });
      else reject(new Error(`${file} ended with status ${status}: ${Buffer.concat(stderr)}`));
    });
  });
}

/** Runs a module of this folder in a Node process of its own and reads the JSON that it prints. */
export async function runModule(name, ...args) {
  const path = new URL(name, import.meta.url).pathname;
  const { ms, stdout } = await runProcess(process.execPath, [
    path,
    ...args.map((each) => JSON.stringify(each)),
  ]);
  return { ms, ...(stdout && JSON.parse(stdout)) };
}
