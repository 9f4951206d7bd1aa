import { constants, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { Digest } from "./support.js";
import {
  api,
  ecdsaPayload,
  field,
  file,
  hashOf,
  lacks,
  MESSAGE,
  OIDS,
  rsaPayload,
  run,
  send,
  signatureOf,
  submit,
  submitParts,
  temporaryDirectory,
  validationError,
} from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  await emulator.prepare();
});
afterAll(() => emulator.close());

const SHA: readonly Digest[] = ["sha1", "sha256", "sha384", "sha512"];

describe.each(["rsa-2048", "rsa-3072", "rsa-4096", "gpg"])("%s", (policy) => {
  it.each(["md5", ...SHA] as const)("signs a hash by %s with both paddings", async (digest) => {
    const key = await emulator.publicKeyOf(policy);
    const payload = rsaPayload({ RsaHashAlgorithm: OIDS[digest], Base64EncodedHash: hashOf(digest) });
    const pkcs1 = signatureOf(await submit(emulator, { policy, payload }));
    expect(verify(digest, MESSAGE, key, pkcs1)).toBe(true);
    const pss = signatureOf(
      await submit(emulator, { policy, payload: { ...payload, SignatureAlgorithm: "RsaPss" } }),
    );
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    expect(verify(digest, MESSAGE, { key, padding, saltLength }, pss)).toBe(true);
  });
});

describe.each([
  ["p-256", 64],
  ["p-384", 96],
  ["p-521", 132],
] as const)("%s", (policy, length) => {
  it.each(SHA)("signs a hash by %s in both formats", async (digest) => {
    const key = await emulator.publicKeyOf(policy);
    const Base64EncodedHash = hashOf(digest);
    const answers = await Promise.all(
      [{}, { EcdsaSignatureFormat: "Ieee" }, { EcdsaSignatureFormat: "Asn1" }].map((format) =>
        submit(emulator, { policy, payload: ecdsaPayload({ Base64EncodedHash, ...format }) }),
      ),
    );
    const [byDefault, ieee, asn1] = answers.map(signatureOf);
    if (byDefault === undefined || ieee === undefined || asn1 === undefined) throw new Error();
    expect(byDefault).toHaveLength(length);
    expect(verify(digest, MESSAGE, { key, dsaEncoding: "ieee-p1363" }, byDefault)).toBe(true);
    expect(verify(digest, MESSAGE, { key, dsaEncoding: "ieee-p1363" }, ieee)).toBe(true);
    expect(verify(digest, MESSAGE, { key, dsaEncoding: "der" }, asn1)).toBe(true);
  });
});

describe("the list of signing policies", () => {
  it("has every policy whose submitter the user is, in a steady order", async () => {
    const { signingPolicies } = (
      await send(emulator, { path: api(emulator, "Cryptoki/MySigningPolicies") })
    ).json() as { signingPolicies: { signingPolicySlug: string }[] };
    expect(signingPolicies.map((policy) => policy.signingPolicySlug)).toEqual([
      "rsa-2048",
      "rsa-3072",
      "rsa-4096",
      "p-256",
      "p-384",
      "p-521",
      "approval",
      "gpg",
    ]);
  });
});

describe("openssl", () => {
  it.skipIf(lacks("openssl")).each([
    ["rsa-2048", rsaPayload(), []],
    [
      "rsa-2048",
      rsaPayload({ SignatureAlgorithm: "RsaPss" }),
      ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"],
    ],
    ["p-256", ecdsaPayload({ EcdsaSignatureFormat: "Asn1" }), []],
    ["p-521", ecdsaPayload({ EcdsaSignatureFormat: "Asn1" }), []],
  ])("verifies a signature of %s", async (policy, payload, options) => {
    const directory = await temporaryDirectory();
    const [key, signature, message] = ["key", "signature", "message"].map((name) => join(directory, name));
    if (key === undefined || signature === undefined || message === undefined) throw new Error();
    writeFileSync(key, await emulator.publicKeyOf(policy));
    writeFileSync(signature, signatureOf(await submit(emulator, { policy, payload })));
    writeFileSync(message, MESSAGE);
    const args = ["dgst", "-sha256", "-verify", key, "-signature", signature, ...options, message];
    expect(run("openssl", ...args)).toEqual({ code: 0, output: "Verified OK\n" });
  });
});

describe("the answer", () => {
  it("repeats the payload in the recorded order, and no metadata where none was sent", async () => {
    const answer = await submit(emulator);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(Object.keys(answer.json())).toEqual([
      "Base64EncodedHash",
      "SignatureAlgorithm",
      "RsaHashAlgorithm",
      "Signature",
    ]);
    expect(answer.json()).toMatchObject(rsaPayload());
  });

  it("repeats the format and the metadata that were sent", async () => {
    const metadata = { CreatingProcess: { CommandLine: "make", User: "me" }, other: [1, null, "x"] };
    const payload = ecdsaPayload({ Metadata: metadata, EcdsaSignatureFormat: "Asn1" });
    const answer = await submit(emulator, { policy: "p-256", payload });
    expect(Object.keys(answer.json())).toEqual([
      "Base64EncodedHash",
      "SignatureAlgorithm",
      "EcdsaSignatureFormat",
      "Metadata",
      "Signature",
    ]);
    expect(answer.json()["Metadata"]).toEqual(metadata);
  });

  it("is the same on SubmitWithArtifact", async () => {
    const answer = await submit(emulator, { route: "SigningRequests/SubmitWithArtifact" });
    expect(answer.status).toBe(200);
    expect(signatureOf(answer)).toHaveLength(256);
  });
});

describe("a refusal", () => {
  const text = (changes: Record<string, unknown>): { payload: unknown } => ({ payload: rsaPayload(changes) });
  const ec = (changes: Record<string, unknown>): { policy: string; payload: unknown } => ({
    policy: "p-256",
    payload: ecdsaPayload(changes),
  });
  const INVALID_FORMAT = ": The file has an invalid format.";
  const MISMATCH = ": The hash algorithm does not match the given hash.";
  const NOT_BASE64 = ": The hash is not valid Base64.";

  it.each([
    ["an unknown signature algorithm", text({ SignatureAlgorithm: "Dsa" }), INVALID_FORMAT],
    ["a signature algorithm in another case", text({ SignatureAlgorithm: "rsapkcs1" }), INVALID_FORMAT],
    ["no signature algorithm", text({ SignatureAlgorithm: undefined }), INVALID_FORMAT],
    ["no hash", text({ Base64EncodedHash: undefined }), INVALID_FORMAT],
    ["a hash that is a number", text({ Base64EncodedHash: 7 }), INVALID_FORMAT],
    ["RSA without a hash algorithm", text({ RsaHashAlgorithm: undefined }), INVALID_FORMAT],
    ["RSA with an ECDSA format", text({ EcdsaSignatureFormat: "Ieee" }), INVALID_FORMAT],
    ["ECDSA with an RSA hash algorithm", ec({ RsaHashAlgorithm: OIDS.sha256 }), INVALID_FORMAT],
    ["an unknown ECDSA format", ec({ EcdsaSignatureFormat: "Der" }), INVALID_FORMAT],
    ["a property in another case", text({ base64EncodedHash: "" }), INVALID_FORMAT],
    ["a payload that is no JSON", { payload: "{" }, INVALID_FORMAT],
    ["a payload that is an array", { payload: [] }, INVALID_FORMAT],
    ["a payload that is null", { payload: null }, INVALID_FORMAT],
    ["a payload with __proto__", { payload: '{"__proto__":{"SignatureAlgorithm":"Ecdsa"}}' }, INVALID_FORMAT],
    ["a payload that is nested too deeply", text({ Metadata: nested(70) }), INVALID_FORMAT],
    ["an object identifier of another length", text({ RsaHashAlgorithm: OIDS.sha512 }), MISMATCH],
    ["MD5 named for a SHA-256 hash", text({ RsaHashAlgorithm: OIDS.md5 }), MISMATCH],
    [
      "an unknown object identifier",
      text({ RsaHashAlgorithm: "1.2.3" }),
      ": The hash algorithm '1.2.3' is not supported.",
    ],
    ["a hash in base64url", text({ Base64EncodedHash: "-_8=" }), NOT_BASE64],
    ["a hash without padding", text({ Base64EncodedHash: hashOf("sha256").slice(0, -1) }), NOT_BASE64],
    ["a hash with white space", text({ Base64EncodedHash: `${hashOf("sha256")}\n` }), NOT_BASE64],
    [
      "an ECDSA hash of no known length",
      ec({ Base64EncodedHash: "AAAA" }),
      ": The hash has an invalid length: 3 bytes.",
    ],
    [
      "an ECDSA hash by MD5",
      ec({ Base64EncodedHash: hashOf("md5") }),
      ": The hash has an invalid length: 16 bytes.",
    ],
    [
      "RSA asked of an EC key",
      { policy: "p-256", payload: rsaPayload({ SignatureAlgorithm: "RsaPss" }) },
      ": The signature algorithm 'RsaPss' does not match the key type 'Ecdsa' of the certificate.",
    ],
    [
      "ECDSA asked of an RSA key",
      { payload: ecdsaPayload() },
      ": The signature algorithm 'Ecdsa' does not match the key type 'Rsa' of the certificate.",
    ],
    [
      "an unknown policy",
      { policy: "rsa-2048-2022" },
      "SigningPolicySlug: There is no signing policy with slug 'rsa-2048-2022' in the project with slug 'demo'.",
    ],
    [
      "an unknown project",
      { project: "jsign3" },
      "SigningPolicySlug: There is no signing policy with slug 'rsa-2048' in the project with slug 'jsign3'.",
    ],
    [
      "a policy with an approval process",
      { policy: "approval" },
      "SigningPolicyId: The selected signing policy has an approval process. Hash signing does not support approvals.",
    ],
    [
      "a value of IsFastSigningRequest that is none",
      { fast: "yes" },
      "IsFastSigningRequest: The value 'yes' is not valid for IsFastSigningRequest.",
    ],
    [
      "an unknown artifact configuration",
      { more: [field("ArtifactConfigurationSlug", "exe")] },
      "ArtifactConfigurationSlug: There is no artifact configuration with slug 'exe' in the project with slug 'demo'.",
    ],
    [
      "a field that is given twice",
      { more: [field("projectslug", "demo")] },
      "ProjectSlug: The ProjectSlug field was given more than once.",
    ],
  ])("of %s is a 400 in the service's form", async (_what, form, message) => {
    const before = emulator.signingRequests.length;
    const answer = await submit(emulator, form);
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(message);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(Object.keys(answer.json())).toEqual(["errors", "type", "title", "status", "traceId"]);
    expect(answer.json()).toMatchObject({
      type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
      title: "One or more validation errors occurred.",
      status: 400,
      traceId: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
    });
    expect(emulator.signingRequests).toHaveLength(before);
  });

  it("names all missing fields at once", async () => {
    const answer = await submitParts(emulator, [
      field("Artifact", "a field is not a file"),
      file("{}", "ProjectSlug"),
    ]);
    expect(answer.json()["errors"]).toEqual({
      ProjectSlug: ["The ProjectSlug field is required."],
      SigningPolicySlug: ["The SigningPolicySlug field is required."],
      Artifact: ["The Artifact field is required."],
    });
  });

  it("of a user who is not a submitter is a 403 with the cause", async () => {
    const answer = await submit(emulator, { policy: "forbidden" });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({
      title: "Forbidden",
      status: 403,
      detail: expect.stringContaining("not a submitter of the signing policy with slug 'forbidden'"),
    });
  });

  it("of a policy whose right was taken away in mid-run is a 403", async () => {
    expect((await submit(emulator)).status).toBe(200);
    emulator.setSubmitter("rsa-2048", false);
    expect((await submit(emulator)).status).toBe(403);
    emulator.setSubmitter("rsa-2048", true);
    expect((await submit(emulator)).status).toBe(200);
  });

  it("does not pollute a prototype with a field's name", async () => {
    const answer = await submit(emulator, { more: [field("__proto__", "x"), field("constructor", "y")] });
    expect(answer.status).toBe(200);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("takes the artifact configuration that the project has", async () => {
    const more = [field("ArtifactConfigurationSlug", "hash-signing-data"), field("Parameters[version]", "1")];
    expect((await submit(emulator, { more })).status).toBe(200);
  });
});

describe("the page about a signing request", () => {
  it("shows its facts, escaped", async () => {
    const Metadata = { CreatingProcess: { CommandLine: "<script>alert('x')</script>" } };
    await submit(emulator, { payload: rsaPayload({ Metadata }), more: [field("Description", "<b>&")] });
    const id = emulator.signingRequests.at(-1)?.id ?? "";
    const path = `/Web/${emulator.organizationId}/SigningRequests/${id}`;
    const page = await send(emulator, { path, token: false });
    expect(page.status).toBe(200);
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.text).toContain(Buffer.from(hashOf("sha256"), "base64").toString("hex"));
    expect(page.text).toContain("&#60;b&#62;&#38;");
    expect(page.text).not.toContain("<script>");
    expect(page.text).not.toContain(emulator.apiToken);
  });
});

describe("the audit log", () => {
  it("has each signing request with what was asked", async () => {
    const Metadata = { CreatingProcess: { User: "me" } };
    await submit(emulator, {
      payload: rsaPayload({ Metadata }),
      more: [field("Description", "nightly build")],
    });
    expect(emulator.signingRequests.at(-1)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      projectSlug: "demo",
      signingPolicySlug: "rsa-2048",
      route: "signingRequests",
      fast: true,
      algorithm: "RsaPkcs1",
      hashAlgorithm: OIDS.sha256,
      hash: Buffer.from(hashOf("sha256"), "base64").toString("hex"),
      description: "nightly build",
      metadata: Metadata,
      status: "Completed",
      submittedAt: expect.any(Date),
    });
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
