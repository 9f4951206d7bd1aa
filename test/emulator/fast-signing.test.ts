import { constants, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { useEmulator } from "../support/emulator.js";
import type { Digest } from "./support.js";
import {
  api,
  ecdsaPayload,
  field,
  hashOf,
  lacks,
  MESSAGE,
  OIDS,
  rsaPayload,
  run,
  send,
  signatureOf,
  submit,
  temporaryDirectory,
} from "./support.js";

// The keys of the whole run: the long ones take seconds to make.
const running = useEmulator();
let emulator: Emulator;
beforeAll(async () => {
  emulator = running();
  await emulator.prepare();
});

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

describe("an ECDSA signature", () => {
  it("has a high s as often as a low one, as that of an HSM", async () => {
    const half = Buffer.from("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8", "hex");
    const high = await Promise.all(
      Array.from({ length: 40 }, async (_, number) => {
        const Base64EncodedHash = hashOf("sha256", Buffer.of(number));
        const answer = await submit(emulator, {
          policy: "p-256",
          payload: ecdsaPayload({ Base64EncodedHash }),
        });
        return Buffer.compare(signatureOf(answer).subarray(32), half) > 0;
      }),
    );
    expect(new Set(high)).toEqual(new Set([true, false]));
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
      sequence: emulator.auditLog({ limit: 1 }).entries[0]?.sequence,
      organizationId: emulator.organizationId,
      user: "ci",
      durationMs: expect.any(Number),
      result: "signed",
      signedAt: expect.any(Date),
      decisions: [],
      approvalsNeeded: 0,
      commandLine: undefined,
      processUser: "me",
      build: undefined,
    });
  });
});
