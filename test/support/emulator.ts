import { cp } from "node:fs/promises";
import { afterAll, beforeAll, inject } from "vitest";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { temporaryFolder } from "./temporary.js";

/**
 * Starts an emulator for the tests of a file (or of a `describe`) and closes it after them. Its keys are those
 * of the whole run, in a state directory of its own, unless `options.state` names another.
 *
 * @returns a function that gives the running emulator; call it inside of tests and hooks
 */
export function useEmulator(options: EmulatorOptions = {}): () => Emulator {
  let emulator: Emulator | undefined;

  beforeAll(async () => {
    emulator = await (options.state === undefined ? startPrepared(options) : startEmulator(options));
  });

  afterAll(async () => {
    await emulator?.close();
  });

  return () => {
    if (emulator === undefined) throw new Error("The emulator runs inside of tests and hooks only");
    return emulator;
  };
}

/** Starts an emulator that has its keys already, those of the whole run: to make them takes seconds. Whoever starts it closes it. */
export async function startPrepared(options: Omit<EmulatorOptions, "state"> = {}): Promise<Emulator> {
  const state = temporaryFolder();
  await cp(inject("emulatorState"), state, { recursive: true });
  return startEmulator({ ...options, state });
}
