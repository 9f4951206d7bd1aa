import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { afterAll } from "vitest";

/** A server that nobody here wrote, running in the foreground as a child process. */
export interface Service {
  /** What it has written so far. */
  readonly log: () => string;
  /** Ends it, and waits until it has. */
  readonly stop: () => Promise<void>;
}

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

afterAll(killAll);
process.once("exit", killAll);

/** Starts a server and waits until it has said that it is ready. It ends after the last test of the file. */
export function startService(file: string, args: readonly string[], ready: RegExp): Promise<Service> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const ended = new Promise<void>((resolve) => {
    child.on("close", () => {
      running.delete(child);
      resolve();
    });
  });
  const service: Service = {
    log: () => said,
    stop() {
      child.kill("SIGKILL");
      return ended;
    },
  };
  let said = "";
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      said += chunk;
      if (ready.test(said)) resolve(service);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", reject);
    child.on("close", () => reject(new Error(`${file} has ended: ${said}`)));
  });
}
