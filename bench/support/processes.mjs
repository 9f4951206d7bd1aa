import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** How often the memory of a process is looked at, in milliseconds: its peak stays known until it ends. */
const LOOK_MS = 10;

/**
 * Runs a program to its end: how long the whole process took, in milliseconds, its peak RSS in bytes where the system
 * tells it (`/proc`), and what it wrote to stdout.
 */
export function runProcess(file, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let maxRss;
    const look = setInterval(() => {
      maxRss = peakRss(child.pid) ?? maxRss;
    }, LOOK_MS);
    const [stdout, stderr] = [[], []];
    child.stdout.on("data", (chunk) => stdout.push(chunk));
    child.stderr.on("data", (chunk) => stderr.push(chunk));
    child.on("error", (error) => {
      clearInterval(look);
      reject(error);
    });
    child.on("close", (status) => {
      const ms = performance.now() - begin;
      clearInterval(look);
      if (status === 0) resolve({ ms, maxRss, stdout: Buffer.concat(stdout).toString() });
      else reject(new Error(`${file} ended with status ${status}: ${Buffer.concat(stderr)}`));
    });
  });
}

/** Runs a module of this folder in a Node process of its own and reads the JSON that it prints. */
export async function runModule(name, ...args) {
  const path = new URL(name, import.meta.url).pathname;
  const { ms, maxRss, stdout } = await runProcess(process.execPath, [
    path,
    ...args.map((each) => JSON.stringify(each)),
  ]);
  return { ms, maxRss, ...(stdout && JSON.parse(stdout)) };
}

function peakRss(pid) {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes && Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
