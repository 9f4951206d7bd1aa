import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import type { SignPathError } from "../../src/index.js";
import { codedFailureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { openssl } from "../support/verifiers.js";

/** The refusal of what must not reach the service. */
export async function refusalOf(
  service: Emulator,
  action: () => unknown,
  code = "ALGORITHM_NOT_SUPPORTED",
): Promise<SignPathError> {
  const before = service.signingRequests.length;
  const failure = await codedFailureOf((async () => action())());
  expect(failure).toMatchObject({ code, attempts: 0 });
  expect(service.signingRequests.length).toBe(before);
  return failure;
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, index: number = bytes.length - 1): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** Whether `openssl dgst` takes a signature; of ECDSA as DER. */
export async function opensslAccepts(
  keyPem: string,
  hash: string,
  signed: { readonly data: Uint8Array; readonly signature: Uint8Array },
  ...more: readonly string[]
): Promise<boolean> {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  await writeFile(path("key.pem"), keyPem);
  await writeFile(path("data"), signed.data);
  await writeFile(path("signature"), signed.signature);
  const options = more.flatMap((option) => ["-sigopt", option]);
  const { status, stdout } = await openssl([
    ...["dgst", `-${hash}`, "-verify", path("key.pem"), ...options],
    ...["-signature", path("signature"), path("data")],
  ]);
  return status === 0 && stdout.trim() === "Verified OK";
}

/** What the emulator's timestamp authority answers for some bytes (RFC 3161), and PEM of the certificates in it. */
export async function timestampResponse(
  emulator: Emulator,
  data: Uint8Array,
): Promise<{ readonly response: Buffer; readonly certificates: string[] }> {
  const cwd = temporaryFolder();
  const run = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await openssl(args, { cwd });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  await writeFile(join(cwd, "data"), data);
  await run("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query");
  const answer = await fetch(emulator.timestampUrl, {
    method: "POST",
    headers: { "Content-Type": "application/timestamp-query" },
    body: await readFile(join(cwd, "query")),
  });
  const response = Buffer.from(await answer.arrayBuffer());
  await writeFile(join(cwd, "response"), response);
  await run("ts", "-reply", "-in", "response", "-token_out", "-out", "token");
  const printed = await run("pkcs7", "-inform", "DER", "-in", "token", "-print_certs");
  return {
    response,
    certificates: printed.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  };
}
