import { createPublicKey, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import { api, send } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
  // Their keys take seconds to make, and show nothing here that shorter ones do not.
  emulator.setSubmitter("rsa-3072", false);
  emulator.setSubmitter("rsa-4096", false);
});
afterAll(() => emulator.close());

async function list(query = ""): Promise<Record<string, unknown>[]> {
  const answer = await send(emulator, { path: `${api(emulator, "Cryptoki/MySigningPolicies")}${query}` });
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  return answer.json()["signingPolicies"] as Record<string, unknown>[];
}

async function one(slug: string): Promise<Record<string, unknown>> {
  const [policy, ...others] = await list(`?projectSlug=demo&signingPolicySlug=${slug}`);
  expect(others).toEqual([]);
  if (policy === undefined) throw new Error(`${slug} is not listed`);
  return policy;
}

function bytes(value: unknown): Buffer {
  if (typeof value !== "string") throw new Error("not a string");
  const decoded = Buffer.from(value, "base64");
  expect(decoded.toString("base64")).toBe(value);
  return decoded;
}

describe("the list of signing policies", () => {
  it("writes the properties of an RSA policy in the recorded order", async () => {
    const policy = await one("rsa-2048");
    expect(Object.keys(policy)).toEqual([
      "signingPolicySlug",
      "projectSlug",
      "keySizeInBits",
      "rsaParameters",
      "signingPolicyId",
      "certificateBytes",
      "keyType",
      "publicKeyBytes",
      "certificateType",
    ]);
    expect(policy).toMatchObject({
      projectSlug: "demo",
      keySizeInBits: 2048,
      keyType: "Rsa",
      certificateType: "X509",
      rsaParameters: { publicExponent: "AQAB" },
    });
    expect(policy["signingPolicyId"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("gives the RSA key as PKCS#1 and as unsigned numbers, both those of the certificate", async () => {
    const policy = await one("rsa-2048");
    const certified = new X509Certificate(bytes(policy["certificateBytes"])).publicKey;
    const listed = createPublicKey({ key: bytes(policy["publicKeyBytes"]), format: "der", type: "pkcs1" });
    expect(listed.equals(certified)).toBe(true);
    const { modulus } = policy["rsaParameters"] as Record<string, unknown>;
    expect(bytes(modulus)).toHaveLength(256);
    expect(bytes(modulus).toString("base64url")).toBe(certified.export({ format: "jwk" }).n);
  });

  it.each([
    ["p-256", 256],
    ["p-384", 384],
    ["p-521", 521],
  ])("gives the EC key of %s as SubjectPublicKeyInfo, without RSA parameters", async (slug, bits) => {
    const policy = await one(slug);
    expect(policy).toMatchObject({ keyType: "Ecdsa", keySizeInBits: bits, certificateType: "X509" });
    expect(policy).not.toHaveProperty("rsaParameters");
    const certified = new X509Certificate(bytes(policy["certificateBytes"])).publicKey;
    const listed = createPublicKey({ key: bytes(policy["publicKeyBytes"]), format: "der", type: "spki" });
    expect(listed.equals(certified)).toBe(true);
  });

  it("lists the GPG policy without a certificate", async () => {
    const policy = await one("gpg");
    expect(policy).toMatchObject({ keyType: "Rsa", certificateType: "Gpg" });
    expect(policy).not.toHaveProperty("certificateBytes");
  });

  it("gives two policies one key, so that a key does not identify a policy", async () => {
    const [plain, approval] = [await one("rsa-2048"), await one("approval")];
    expect(approval["publicKeyBytes"]).toBe(plain["publicKeyBytes"]);
    expect(approval["certificateBytes"]).not.toBe(plain["certificateBytes"]);
  });

  it.each([
    ["?projectSlug=demo&signingPolicySlug=p-256", 1],
    ["?signingPolicySlug=p-256", 1],
    ["?PROJECTSLUG=demo&SigningPolicySlug=p-256", 1],
    ["?projectSlug=demo", 6],
    ["?projectSlug=&signingPolicySlug=p-256", 1],
    ["?signingPolicySlug=P-256", 0],
    ["?projectSlug=other", 0],
    ["?projectSlug=other&signingPolicySlug=p-256", 0],
    ["?signingPolicySlug=forbidden", 0],
    ["?somethingElse=1&signingPolicySlug=p%2D256", 1],
  ])("filters by %s", async (query, count) => {
    expect(await list(query)).toHaveLength(count);
  });

  it("follows the submitter right while it changes", async () => {
    emulator.setSubmitter("p-256", false);
    emulator.setSubmitter("forbidden", true);
    const slugs = (await list()).map((policy) => policy["signingPolicySlug"]);
    emulator.setSubmitter("p-256", true);
    emulator.setSubmitter("forbidden", false);
    expect(slugs).toContain("forbidden");
    expect(slugs).not.toContain("p-256");
  });
});

describe("the emulator object", () => {
  it("describes all its policies, listed or not", () => {
    expect(emulator.policies).toHaveLength(9);
    expect(emulator.policies.find((policy) => policy.signingPolicySlug === "p-384")).toEqual({
      projectSlug: "demo",
      signingPolicySlug: "p-384",
      signingPolicyId: "90110000-0000-4000-8000-000000000005",
      keyType: "Ecdsa",
      keySizeInBits: 384,
      namedCurve: "P-384",
      certificateType: "X509",
      approval: false,
      submitter: true,
    });
  });

  it("gives certificates and public keys behind the API's back", async () => {
    const listed = bytes((await one("p-256"))["certificateBytes"]);
    expect(Buffer.from(await emulator.certificateOf("p-256"))).toEqual(listed);
    const key = createPublicKey(await emulator.publicKeyOf("p-256"));
    expect(key.equals(new X509Certificate(listed).publicKey)).toBe(true);
  });

  it("names what it has when asked for another policy", async () => {
    await expect(emulator.certificateOf("nothing")).rejects.toThrow(/no signing policy 'nothing'.*rsa-2048/);
    await expect(emulator.certificateOf("gpg")).rejects.toThrow(/no certificate/);
    expect(() => emulator.setSubmitter("nothing", true)).toThrow(RangeError);
  });
});
