import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import { ApiClient } from "../../src/api/client.js";
import type { SigningTemplate } from "../../src/api/template.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { HASH_ALGORITHMS } from "../../src/key/hashes.js";
import type { HashName, SignatureAlgorithm } from "../../src/wire/signing.js";
import type { Stub, StubAnswer } from "../support/stub.js";

export const ORGANIZATION = "5d2e9a1c-0f3b-4c6d-8e7f-001122334455";
export const TOKEN = "AIk/canary+value=";

/** The hash of nothing, as Base64. */
export const HASH: string = createHash("sha256").digest("base64");

/** An answer to a fast signing request; nothing below the key floor looks into the signature. */
export const SIGNED: StubAnswer = { body: { Signature: "c2lnbmF0dXJl" } };

/** Retries follow quickly, unless a test says otherwise. */
const QUICK = { SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.002" };

/** A client of the API floor, which is closed with the test. Its environment is what is given, and no more. */
export function apiClient(
  server: Pick<Stub, "origin">,
  options: SignPathOptions = {},
  env: Readonly<Record<string, string>> = {},
): ApiClient {
  const config = loadConfig(
    {
      organizationId: ORGANIZATION,
      apiToken: TOKEN,
      apiUrl: `${server.origin}/Api`,
      metadata: false,
      totalTimeoutMs: 20_000,
      ...options,
    },
    { ...QUICK, ...env },
  );
  const client = new ApiClient(config);
  onTestFinished(() => client.close());
  return client;
}

export function template(
  client: ApiClient,
  signatureAlgorithm: SignatureAlgorithm = "RsaPkcs1",
  hashName: HashName = "SHA-256",
): SigningTemplate {
  const hash = HASH_ALGORITHMS.get(hashName);
  if (hash === undefined) throw new Error(hashName);
  const target = { projectSlug: "my-project", signingPolicySlug: "release-signing" };
  return client.template(target, { signatureAlgorithm, hash });
}
