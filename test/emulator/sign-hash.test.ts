import { constants, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { api, hashOf, MESSAGE, OIDS, send, signHash, validationError } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
});
afterAll(() => emulator.close());

function signatureOf(answer: Answer): Buffer {
  const { hashSigningResult } = answer.json() as { hashSigningResult: { signature: string } };
  return Buffer.from(hashSigningResult.signature, "base64");
}

const RSA = {
  hash: hashOf("sha256"),
  signatureAlgorithm: "Rsa",
  rsaOptions: { hashAlgorithmName: "Sha256" },
};
const EC = { hash: hashOf("sha256"), signatureAlgorithm: "Ecdsa" };

describe("SignHash", () => {
  it("answers with the id, the link, the hash and the signature", async () => {
    const answer = await signHash(emulator, { ...RSA, metadata: { sourceProcess: { user: "me" } } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      signingRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      webLink: expect.stringContaining(`${emulator.origin}/Web/`),
      hashSigningData: { hash: RSA.hash },
      hashSigningResult: { signature: expect.any(String) },
    });
    expect(verify("sha256", MESSAGE, await emulator.publicKeyOf("rsa-2048"), signatureOf(answer))).toBe(true);
    expect(emulator.signingRequests.at(-1)).toMatchObject({
      id: answer.json()["signingRequestId"],
      route: "signHash",
      metadata: { sourceProcess: { user: "me" } },
    });
    const { webLink } = answer.json() as { webLink: string };
    const page = await send(emulator, { path: webLink.slice(emulator.origin.length), token: false });
    expect(page.status).toBe(200);
  });

  it.each([
    ["sha1", "Sha1"],
    ["sha256", "Sha256"],
    ["sha384", "Sha384"],
    ["sha512", "Sha512"],
  ] as const)("takes %s by name and by object identifier", async (digest, name) => {
    const key = await emulator.publicKeyOf("rsa-2048");
    const hash = hashOf(digest);
    const all = [
      { hashAlgorithmName: name },
      { hashAlgorithmOid: OIDS[digest] },
      { hashAlgorithmName: name, hashAlgorithmOid: OIDS[digest] },
      { hashAlgorithmName: name, hashAlgorithmOid: null },
    ];
    for (const rsaOptions of all) {
      const answer = await signHash(emulator, { ...RSA, hash, rsaOptions });
      expect(verify(digest, MESSAGE, key, signatureOf(answer))).toBe(true);
    }
  });

  it("pads as it is told", async () => {
    const key = await emulator.publicKeyOf("rsa-2048");
    const pkcs1 = await signHash(emulator, {
      ...RSA,
      rsaOptions: { ...RSA.rsaOptions, paddingMode: "Pkcs1" },
    });
    expect(verify("sha256", MESSAGE, key, signatureOf(pkcs1))).toBe(true);
    const pss = await signHash(emulator, { ...RSA, rsaOptions: { ...RSA.rsaOptions, paddingMode: "Pss" } });
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify("sha256", MESSAGE, { key, ...padding }, signatureOf(pss))).toBe(true);
  });

  it.each([
    [undefined, "ieee-p1363"],
    [{}, "ieee-p1363"],
    [{ signatureFormat: "Ieee" }, "ieee-p1363"],
    [{ signatureFormat: "Asn1" }, "der"],
  ] as const)("gives ECDSA with %j as %s", async (ecdsaOptions, dsaEncoding) => {
    const answer = await signHash(emulator, { ...EC, ecdsaOptions }, { signingPolicySlug: "p-384" });
    const key = await emulator.publicKeyOf("p-384");
    expect(verify("sha256", MESSAGE, { key, dsaEncoding }, signatureOf(answer))).toBe(true);
  });

  it.each(["application/json", "application/json-patch+json", "Application/JSON; charset=UTF-8"])(
    "takes %s",
    async (type) => {
      expect((await signHash(emulator, RSA, {}, type)).status).toBe(200);
    },
  );

  it.each(["text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=X"])(
    "refuses %s with 415",
    async (type) => {
      const answer = await signHash(emulator, RSA, {}, type);
      expect(answer.status).toBe(415);
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    },
  );

  it.each<[string, unknown, Record<string, unknown>, string]>([
    ["no data", undefined, {}, "hashSigningData: The hashSigningData field is required."],
    ["data that is an array", [], {}, "hashSigningData: The hashSigningData field is required."],
    [
      "nothing at all",
      null,
      { projectSlug: undefined, signingPolicySlug: 7 },
      "projectSlug: The projectSlug field is required.; signingPolicySlug: The signingPolicySlug field is required.; hashSigningData: The hashSigningData field is required.",
    ],
    [
      "no hash",
      { ...RSA, hash: undefined },
      {},
      "hashSigningData.hash: The hashSigningData.hash field is required.",
    ],
    ["bad Base64", { ...RSA, hash: "?" }, {}, "hashSigningData.hash: The hash is not valid Base64."],
    [
      "a hash of another length",
      { ...RSA, hash: hashOf("sha1") },
      {},
      "hashSigningData.hash: The hash algorithm does not match the given hash.",
    ],
    [
      "an unknown algorithm",
      { ...RSA, signatureAlgorithm: "RsaPkcs1" },
      {},
      "hashSigningData.signatureAlgorithm: The value 'RsaPkcs1' is not valid.",
    ],
    [
      "ML-DSA, which no key has",
      { ...RSA, signatureAlgorithm: "Mldsa" },
      {},
      "hashSigningData.signatureAlgorithm: The value 'Mldsa' is not valid.",
    ],
    [
      "RSA without a hash algorithm",
      { ...RSA, rsaOptions: undefined },
      {},
      "hashSigningData.rsaOptions: Either hashAlgorithmName or hashAlgorithmOid is required.",
    ],
    [
      "MD5",
      { ...RSA, hash: hashOf("md5"), rsaOptions: { hashAlgorithmOid: OIDS.md5 } },
      {},
      `hashSigningData.hash: The hash algorithm '${OIDS.md5}' is not supported.`,
    ],
    [
      "MD5 by name",
      { ...RSA, hash: hashOf("md5"), rsaOptions: { hashAlgorithmName: "Md5" } },
      {},
      "hashSigningData.hash: The hash algorithm 'Md5' is not supported.",
    ],
    [
      "a name and an identifier that do not agree",
      { ...RSA, rsaOptions: { hashAlgorithmName: "Sha256", hashAlgorithmOid: OIDS.sha512 } },
      {},
      `hashSigningData.rsaOptions: hashAlgorithmName 'Sha256' and hashAlgorithmOid '${OIDS.sha512}' do not agree.`,
    ],
    [
      "options that are no object",
      { ...RSA, rsaOptions: "Sha256" },
      {},
      "hashSigningData.rsaOptions: The rsaOptions field is not an object.",
    ],
    [
      "an unknown padding",
      { ...RSA, rsaOptions: { ...RSA.rsaOptions, paddingMode: "pss" } },
      {},
      "hashSigningData.rsaOptions.paddingMode: The value 'pss' is not valid.",
    ],
    [
      "a hash algorithm that is no string",
      { ...RSA, rsaOptions: { hashAlgorithmName: 256 } },
      {},
      "hashAlgorithmName: The hashAlgorithmName field is not a string.",
    ],
    [
      "RSA with ECDSA options",
      { ...RSA, ecdsaOptions: {} },
      {},
      "hashSigningData.ecdsaOptions: The ecdsaOptions field does not go with Rsa.",
    ],
    [
      "ECDSA with RSA options",
      { ...EC, rsaOptions: {} },
      { signingPolicySlug: "p-256" },
      "hashSigningData.rsaOptions: The rsaOptions field does not go with Ecdsa.",
    ],
    [
      "an unknown format",
      { ...EC, ecdsaOptions: { signatureFormat: "Der" } },
      { signingPolicySlug: "p-256" },
      "hashSigningData.ecdsaOptions.signatureFormat: The value 'Der' is not valid.",
    ],
    [
      "a property in another case",
      { ...RSA, rsaOptions: { HashAlgorithmName: "Sha256" } },
      {},
      "hashSigningData.rsaOptions: The property 'HashAlgorithmName' is not known.",
    ],
    ["an unknown property", RSA, { more: 1 }, ": The property 'more' is not known."],
    [
      "an unknown artifact configuration",
      RSA,
      { artifactConfigurationSlug: "exe" },
      "artifactConfigurationSlug: There is no artifact configuration with slug 'exe' in the project with slug 'demo'.",
    ],
    [
      "an unknown policy",
      RSA,
      { signingPolicySlug: "other" },
      "SigningPolicySlug: There is no signing policy with slug 'other' in the project with slug 'demo'.",
    ],
    [
      "a policy with an approval process",
      RSA,
      { signingPolicySlug: "approval" },
      "SigningPolicyId: The selected signing policy has an approval process. Hash signing does not support approvals.",
    ],
    [
      "RSA asked of an EC key",
      RSA,
      { signingPolicySlug: "p-256" },
      ": The signature algorithm 'RsaPkcs1' does not match the key type 'Ecdsa' of the certificate.",
    ],
  ])("refuses %s", async (_what, data, changes, message) => {
    const answer = await signHash(emulator, data, changes);
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(message);
  });

  it.each(["", "[]", "null", '{"projectSlug"', "x".repeat(100)])("refuses the body '%s'", async (body) => {
    const headers = { "Content-Type": "application/json" };
    const path = api(emulator, "SigningRequests/SignHash");
    const answer = await send(emulator, { method: "POST", path, headers, body });
    expect(answer.status).toBe(400);
    expect(validationError(answer)).toBe(": The request body is not a JSON object.");
  });

  it("refuses a user who is not a submitter with 403", async () => {
    const answer = await signHash(emulator, EC, { signingPolicySlug: "forbidden" });
    expect(answer.status).toBe(403);
  });
});
