import { verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { SignPathOptions } from "../../src/config/options.js";
import type { Emulator } from "../../src/emulator/index.js";
import type { SignPath } from "../../src/signpath.js";
import { connect } from "../support/client.js";
import { temporaryFolder } from "../support/temporary.js";

/** The port of the emulator's plain HTTP. */
export function portOf(emulator: Emulator): number {
  return Number(new URL(emulator.apiUrl).port);
}

/** A client of the emulator that reaches it by another origin, with few and quick retries. */
export function clientOf(emulator: Emulator, origin: string, options: SignPathOptions = {}): SignPath {
  stubVariables({ SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.002", SIGNPATH_TIMEOUTS_RETRY_COUNT: "2" });
  const { organizationId, apiToken } = emulator;
  return connect({ apiUrl: apiUrl(origin), organizationId, apiToken }, options);
}

/** The API's address at another origin than the emulator's own. */
export function apiUrl(origin: string): string {
  return `${origin}/Api`;
}

/** Fetches a policy and signs with it; the signature is verified by Node. */
export async function sign(signpath: SignPath): Promise<void> {
  const data = Buffer.from("signed over the network");
  const policy = await signpath.policy("demo/p-256");
  const signature = await policy.signStream(data, { name: "ECDSA", hash: "SHA-256" });
  const key = policy.certificate.toString("pem");
  expect(verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, new Uint8Array(signature))).toBe(true);
}

/** Sets variables until the end of the test. */
export function stubVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

/** Writes a file into a folder of its own and gives its path. */
export function fileOf(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/**
 * This machine, by an address that is none of loopback: a connection to it gets to 127.0.0.1 all the same. Proxies and
 * the rule about https leave loopback alone.
 */
export const ANY_ADDRESS = "0.0.0.0";
