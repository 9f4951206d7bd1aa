import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import type { Emulator } from "../../src/emulator/index.js";
import type { RunResult } from "../support/run.js";

/** The binary as it was built. */
export const MAIN: string = fileURLToPath(new URL(`../../${manifest.bin.signpath}`, import.meta.url));

const IS_ROOT = process.getuid?.() === 0;
const WITHOUT_ROOTS_RIGHTS = IS_ROOT ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : [];

/** Whether a process can be had to which the permissions of files apply. */
export const PERMISSIONS_COUNT: boolean =
  process.platform !== "win32" &&
  (!IS_ROOT || spawnSync("setpriv", [...WITHOUT_ROOTS_RIGHTS.slice(1), "true"]).status === 0);

/** What the command line is run with. */
export interface CliOptions {
  readonly emulator?: Emulator | undefined;
  /** On top of the emulator's variables. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Without root's right to read and write everything, see {@link PERMISSIONS_COUNT}. */
  readonly unprivileged?: boolean;
}

/** A command line that is running. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<RunResult & { readonly signal: NodeJS.Signals | null }>;
}

/** Starts `signpath` with a clean environment. It ends with the test. */
export function start(args: readonly string[], options: CliOptions = {}): Running {
  const { emulator, env, cwd, input, unprivileged = false } = options;
  const [program = "", ...before] = [...(unprivileged ? WITHOUT_ROOTS_RIGHTS : []), process.execPath, MAIN];
  const child = spawn(program, [...before, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], ...emulator?.environment, ...env },
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => undefined);
  if (input !== undefined) child.stdin.end(input);
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
  const ended = new Promise<RunResult & { signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      const output = Buffer.concat(stdout);
      resolve({ status, signal, stdout: output.toString(), stderr: text(stderr), output });
    });
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return { child, stdout: () => text(stdout), stderr: () => text(stderr), ended };
}

/** Runs `signpath` to its end. */
export function signpath(
  args: readonly string[],
  options: CliOptions = {},
): ReturnType<() => Running["ended"]> {
  return start(args, { input: "", ...options }).ended;
}

/** One line of `--json`. */
export type CliEvent = Record<string, unknown> & { readonly event: string };

/** The lines of `--json`, each of which must be JSON. */
export function eventsOf({ stdout }: { readonly stdout: string }): CliEvent[] {
  expect(stdout === "" || stdout.endsWith("\n")).toBe(true);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CliEvent);
}

/** The code in each `failed` event. */
export function failureCodes(result: { readonly stdout: string }): unknown[] {
  return eventsOf(result)
    .filter(({ event }) => event === "failed")
    .map(({ error }) => (error as Record<string, unknown>)["code"]);
}

/** Writes files into a folder and gives it back. */
export function fill(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** The names in a folder, also those that begin with a dot. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** Waits until a signing request has reached the emulator that was not there before. */
export async function requestArrives(emulator: Emulator, before: number, count = 1): Promise<void> {
  const arrived = (): number => emulator.requests.filter(({ route }) => route === "signingRequests").length;
  await vi.waitFor(() => expect(arrived()).toBeGreaterThanOrEqual(before + count), { timeout: 20_000 });
}

/** How many signing requests have reached the emulator, whatever came of them. */
export function submissions(emulator: Emulator): number {
  return emulator.requests.filter(({ route }) => route === "signingRequests").length;
}
