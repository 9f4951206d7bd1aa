import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import type { SignPathOptions } from "../../src/config/options.js";
import type { Emulator } from "../../src/emulator/index.js";
import { SignPath } from "../../src/signpath.js";
import type { HashName } from "../../src/wire/signing.js";

/** A client of an emulator, or of what looks like one; it is closed with the test. */
export function connect(
  server: Pick<Emulator, "apiUrl" | "organizationId" | "apiToken">,
  options: SignPathOptions = {},
): SignPath {
  const { apiUrl, organizationId, apiToken } = server;
  const signpath = new SignPath({ apiUrl, organizationId, apiToken, totalTimeoutMs: 20_000, ...options });
  onTestFinished(() => signpath.close());
  return signpath;
}

/** The hash of data by its WebCrypto name. */
export function digest(hash: HashName, data: string | Uint8Array): Buffer {
  return createHash(hash.replace("-", "")).update(data).digest();
}
