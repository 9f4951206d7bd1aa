import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmulator } from "../../src/emulator/index.js";
import { verifiers } from "./programs.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The emulator's state directory with every key and certificate made; copy it, do not write to it. */
    readonly emulatorState: string;
  }
}

/** Makes the emulator's keys once for the whole run, and says which verifiers are missing. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const [verifier, path] of Object.entries(verifiers)) {
    if (path === undefined)
      process.stderr.write(`${verifier} is not installed: the tests that need it are left out\n`);
  }
  const state = await mkdtemp(join(tmpdir(), "signpath-emulator-"));
  const emulator = await startEmulator({ state });
  await emulator.prepare();
  await emulator.close();
  project.provide("emulatorState", state);
  return () => rm(state, { recursive: true, force: true });
}
