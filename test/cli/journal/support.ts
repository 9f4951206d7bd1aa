import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Emulator } from "../../../src/emulator/index.js";
import { verifiers } from "../../support/programs.js";
import type { CliOptions } from "../support.js";
import { fill, signpath } from "../support.js";

/** The journal of these tests, in the folder of the files. */
export const JOURNAL = "journal";

const SIGN = ["sign", "--policy", "demo/rsa-2048", "--format", "raw", "--journal", JOURNAL];

/** Arguments that sign files with the journal. */
export function signing(files: readonly string[], ...more: readonly string[]): string[] {
  return [...SIGN, ...files, ...more];
}

/** Files that differ, in a folder. */
export function manyFiles(folder: string, count: number): string[] {
  const names = Array.from({ length: count }, (_, index) => `file-${index}`);
  fill(folder, Object.fromEntries(names.map((name) => [name, `content of ${folder} ${name}`])));
  return names;
}

export function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** How often each of the files was signed, by the service's own log. */
export function timesSigned(emulator: Emulator, cwd: string, names: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const { hash } of emulator.signingRequests) {
    const digest = hash.toLowerCase();
    counts.set(digest, (counts.get(digest) ?? 0) + 1);
  }
  return names.map((name) => counts.get(digestOf(join(cwd, name))) ?? 0);
}

/** Verifies each raw signature with openssl, where it is installed. */
export async function verifyAll(emulator: Emulator, cwd: string, names: readonly string[]): Promise<void> {
  const key = join(cwd, "key.pem");
  const { stdout } = await signpath(["certificate", "demo/rsa-2048"], { emulator });
  const { openssl } = verifiers;
  expect(names.filter((name) => !existsSync(join(cwd, `${name}.sig`)))).toEqual([]);
  if (openssl === undefined) return;
  writeFileSync(key, execFileSync(openssl, ["x509", "-pubkey", "-noout"], { input: stdout }));
  for (const name of names) {
    const args = ["dgst", "-sha256", "-verify", key, "-signature", `${name}.sig`, name];
    expect(execFileSync(openssl, args, { cwd }).toString()).toBe("Verified OK\n");
  }
}

/** The process that signs, by the journal's lock. */
export function workerOf(cwd: string): number | undefined {
  const folder = join(cwd, `${JOURNAL}.lock`);
  try {
    const [name = ""] = readdirSync(folder).filter((each) => !each.endsWith(".new"));
    return (JSON.parse(readFileSync(join(folder, name), "utf8")) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

export function journalText(cwd: string): string {
  return readFileSync(join(cwd, JOURNAL), "utf8");
}

/** The records of a journal. */
export function recordsOf(cwd: string): Record<string, unknown>[] {
  return journalText(cwd)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export type { CliOptions };
