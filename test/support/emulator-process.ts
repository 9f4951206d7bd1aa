import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, inject } from "vitest";
import type { Fault } from "../../src/emulator/index.js";
import { temporaryFolder } from "./temporary.js";

const BINARY = fileURLToPath(new URL("../../dist/bin/main.js", import.meta.url));

/** An emulator in a process of its own, for tests that stop their own thread. */
export interface EmulatorProcess {
  readonly apiUrl: string;
  readonly organizationId: string;
  readonly apiToken: string;
  readonly timestampUrl: string;
  /** PEM. */
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
  /** What goes wrong from now on, in place of what did. */
  readonly setFaults: (...faults: readonly Fault[]) => Promise<void>;
  /** How many faults are still to come: one that is there for the next signing request tells whether there was one. */
  readonly pendingFaults: () => Promise<number>;
}

/** Starts one for the tests of a file, with the keys of the whole run, which it does not change, and ends it after them. */
export function useEmulatorProcess(...flags: readonly string[]): () => EmulatorProcess {
  let running: EmulatorProcess | undefined;
  let end: (() => Promise<unknown>) | undefined;

  beforeAll(async () => {
    const state = temporaryFolder();
    await cp(inject("emulatorState"), state, { recursive: true });
    const args = [BINARY, "emulator", "--json", "--state", state, ...flags];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "close");
    end = () => {
      child.kill();
      return ended;
    };
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    running = describe(JSON.parse(line) as Announcement);
  });

  afterAll(() => end?.());

  return () => {
    if (running === undefined) throw new Error("The emulator runs inside of tests and hooks only");
    return running;
  };
}

interface Announcement {
  readonly apiUrl: string;
  readonly timestampUrl: string;
  readonly organizationId: string;
  readonly environment: { readonly SIGNPATH_API_TOKEN: string };
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
}

function describe({ environment, apiUrl, organizationId, ...certificates }: Announcement): EmulatorProcess {
  const apiToken = environment.SIGNPATH_API_TOKEN;
  const address = new URL("/admin/faults", apiUrl);
  const ask = async (method: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${apiToken}`, "content-type": "application/json" };
    const answer = await fetch(address, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`the emulator said ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const { timestampUrl, rootCertificate, intermediateCertificate } = certificates;
  return {
    apiUrl,
    organizationId,
    apiToken,
    timestampUrl,
    rootCertificate,
    intermediateCertificate,
    async setFaults(...faults) {
      await ask("DELETE");
      for (const fault of faults) await ask("POST", fault);
    },
    async pendingFaults() {
      const { faults } = (await ask("GET")) as { faults: readonly unknown[] };
      return faults.length;
    },
  };
}
