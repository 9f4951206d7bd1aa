import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import {
  ecdsaPayload,
  field,
  file,
  hashOf,
  OIDS,
  rsaPayload,
  submit,
  submitParts,
  validationError,
} from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
});
afterAll(() => emulator.close());

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

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
