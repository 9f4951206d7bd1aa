import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { CliError } from "../errors/cli-error.js";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** What the emulator says when it listens. */
export interface EmulatorFacts {
  readonly apiUrl: string;
  readonly organizationId: string;
  readonly environment: { readonly SIGNPATH_API_TOKEN: string };
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
}

/** An emulator in a process of its own. */
export interface EmulatorProcess {
  readonly facts: EmulatorFacts;
  close(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts `signpath emulator` with the same Node. Its token comes over a pipe, and it ends when this process does, because
 * its stdin is closed then.
 */
export async function startEmulatorProcess(signal: AbortSignal): Promise<EmulatorProcess> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [MAIN, "emulator", "--json", "--until-stdin-closes"], {
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const close = async (): Promise<void> => {
    child.stdin.end();
    await closed;
  };
  child.stdin.on("error", () => undefined);
  try {
    const facts = JSON.parse(await firstLine(child, signal)) as EmulatorFacts;
    child.stdout.resume();
    return { facts, close };
  } catch (error) {
    child.stdin.destroy();
    throw error;
  }
}

function firstLine(child: Child, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let [text, complaints] = ["", ""];
    const onData = (chunk: string): void => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end < 0) return;
      child.stdout.off("data", onData);
      resolve(text.slice(0, end));
    };
    child.stdout.setEncoding("utf8").on("data", onData);
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      complaints += chunk;
    });
    child.once("error", reject);
    child.once("close", () => {
      reject(
        new CliError("UNEXPECTED", `the emulator did not start: ${complaints.trim() || "it said nothing"}`),
      );
    });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
