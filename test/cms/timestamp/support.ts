import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TimestampError } from "../../../src/cms/index.js";
import type { Emulator } from "../../../src/emulator/index.js";
import type { SignPathError } from "../../../src/index.js";
import { failureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { openssl } from "../../support/verifiers.js";

export const DATA: Buffer = Buffer.from("what is stamped");
export const DIGEST: Uint8Array = new Uint8Array(createHash("sha256").update(DATA).digest());

/** The `TimestampError` that a promise is rejected with. */
export async function timestampFailureOf(promise: Promise<unknown>): Promise<TimestampError> {
  const error = await failureOf(promise);
  if (error instanceof TimestampError) return error;
  throw error;
}

/** The one failure in it. */
export async function onlyFailureOf(promise: Promise<unknown>): Promise<SignPathError> {
  const { failures } = await timestampFailureOf(promise);
  const [failure, ...more] = failures;
  if (failure === undefined || more.length > 0) throw new Error(`there are ${failures.length} failures`);
  return failure;
}

/** Checks a token by `openssl ts`, which is given no certificate but the roots. */
export async function opensslVerifies(
  token: Uint8Array,
  data: Uint8Array,
  { rootCertificate }: Pick<Emulator, "rootCertificate">,
): Promise<void> {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  writeFileSync(path("token"), token);
  writeFileSync(path("data"), data);
  writeFileSync(path("root.pem"), rootCertificate);
  const args = ["ts", "-verify", "-token_in", "-in", path("token"), "-data", path("data")];
  const result = await openssl([...args, "-CAfile", path("root.pem")]);
  if (result.status !== 0 || !`${result.stdout}${result.stderr}`.includes("Verification: OK"))
    throw new Error(`openssl ended with ${result.status}: ${result.stdout}${result.stderr}`);
}
