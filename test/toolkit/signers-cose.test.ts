import { createPublicKey } from "node:crypto";
import cose from "cose-js";
import { describe, expect, it } from "vitest";
import { signCose } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { python } from "../support/python.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { testWith } from "../support/verifiers.js";
import { flipped, refusalOf } from "./signers-support.js";

const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "cose-js",
  use: "`signCose(cose, headers, payload, { policy })`",
  verifiers: ["python-cose"],
  verifiedBy: ["Python's cbor2 and cryptography"],
});

const PAYLOAD = Buffer.from("a payload, as it is");
const rsa = (alg: string) => ({
  slug: "rsa-3072",
  alg,
  name: alg.startsWith("RS") ? "RSASSA-PKCS1-v1_5" : "RSA-PSS",
});
const VARIANTS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(rsa),
  { slug: "p-256", alg: "ES256", name: "ECDSA" },
  { slug: "p-384", alg: "ES384", name: "ECDSA" },
  { slug: "p-521", alg: "ES512", name: "ECDSA" },
];
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ RS256: -257, RS384: -258, RS512: -259, PS256: -37, PS384: -38, PS512: -39 },
  ...{ ES256: -7, ES384: -35, ES512: -36 },
};

/** A public key as cose-js takes it. */
function verifierKey(pem: string, alg: string): unknown {
  if (alg.startsWith("RS")) return pem;
  const jwk = createPublicKey(pem).export({ format: "jwk" });
  return Object.fromEntries(
    Object.entries(jwk).map(([name, value]) => [name, Buffer.from(String(value), "base64url")]),
  );
}

describe("signCose", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const verify = (message: Uint8Array, keyPem: string, externalAad: Uint8Array = new Uint8Array()) => {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
    const input = { message: base64(message), keyPem, externalAad: base64(externalAad) };
    return python("python-cose", "verify_cose_sign1.py", input);
  };

  for (const { slug, alg, name } of VARIANTS) {
    proves(`signs messages that Python and the toolkit accept, by ${alg}`, provenBy(slug, name), async () => {
      const policy = await signpath().policy(`demo/${slug}`);
      const pem = await emulator().publicKeyOf(slug);
      const message = await signCose(cose, { p: { alg }, u: { kid: "release" } }, PAYLOAD, { policy });
      const payload = PAYLOAD.toString("base64");
      expect(await verify(message, pem)).toMatchObject({ ok: true, algorithm: NUMBERS[alg], payload });
      expect(await verify(flipped(message), pem)).toMatchObject({ ok: false });
      const forged = flipped(message, message.indexOf(PAYLOAD));
      expect(await verify(forged, pem)).toMatchObject({ ok: false });
      const key = verifierKey(pem, alg);
      expect(await cose.sign.verify(message, { key })).toEqual(PAYLOAD);
      await expect(cose.sign.verify(forged, { key })).rejects.toThrow("Signature missmatch");
    });
  }

  testWith(
    "python-cose",
    "signs by the key's own algorithm, payloads of any length, with external data",
    async () => {
      const externalAad = Buffer.from("external");
      for (const [slug, alg] of [
        ["p-384", "ES384"],
        ["rsa-2048", "RS256"],
      ] as const) {
        const policy = await signpath().policy(`demo/${slug}`);
        const pem = await emulator().publicKeyOf(slug);
        for (const length of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 100_000]) {
          const payload = Buffer.alloc(length, "x");
          const message = await signCose(cose, {}, payload, { policy, externalAad });
          const expected = { ok: true, algorithm: NUMBERS[alg], payload: payload.toString("base64") };
          expect(await verify(message, pem, externalAad)).toMatchObject(expected);
          expect(await verify(message, pem)).toMatchObject({ ok: false });
        }
      }
    },
  );

  testWith("python-cose", "signs with the algorithm in the unprotected headers alone", async () => {
    const policy = await signpath().policy("demo/p-256");
    const message = await signCose(cose, { u: { alg: "ES256" } }, PAYLOAD, { policy });
    const pem = await emulator().publicKeyOf("p-256");
    expect(await verify(message, pem)).toMatchObject({ ok: true, algorithm: -7 });
    const { x, y } = verifierKey(pem, "ES256") as { x: Buffer; y: Buffer };
    expect(await cose.sign.verify(message, { key: { x, y } })).toEqual(PAYLOAD);
  });

  testWith("python-cose", "keeps a long protected header with the certificate as it is", async () => {
    const policy = await signpath().policy("demo/rsa-4096");
    const x5chain = Buffer.from(policy.certificateDer);
    const message = await signCose(cose, { p: { alg: "PS512", x5chain } }, PAYLOAD, { policy });
    const rootPem = emulator().intermediateCertificate;
    const input = { message: message.toString("base64"), rootPem };
    expect(await python("python-cose", "verify_cose_sign1.py", input)).toMatchObject({
      ok: true,
      certificates: 1,
    });
  });

  testWith(
    "python-cose",
    "signs sixteen at once, of payloads and external data that change after the call",
    async () => {
      const policy = await signpath().policy("demo/p-256");
      const pem = await emulator().publicKeyOf("p-256");
      const messages = await Promise.all(
        Array.from({ length: 16 }, (_, index) => {
          const [payload, externalAad] = [Buffer.from(`payload ${index}`), Buffer.from("external")];
          const signing = signCose(cose, {}, payload, { policy, externalAad });
          payload.fill(0);
          externalAad.fill(0);
          return signing;
        }),
      );
      for (const [index, message] of messages.entries()) {
        const payload = Buffer.from(`payload ${index}`).toString("base64");
        const verified = await verify(message, pem, Buffer.from("external"));
        expect(verified).toMatchObject({ ok: true, payload });
      }
    },
  );

  it.each([
    ["p-256", "ES384", /with this policy use ES256/],
    ["p-256", "RS256", /with this policy use ES256/],
    ["rsa-2048", "ES256", /use RS256/],
    ["rsa-2048", "HS256", /is not an algorithm of JOSE/],
    ["rsa-2048", "RS1", /is not an algorithm of JOSE/],
  ])("refuses for %s the algorithm %s before anything is sent", async (slug, alg, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    for (const headers of [{ p: { alg } }, { u: { alg } }]) {
      const failure = await refusalOf(emulator(), () => signCose(cose, headers, PAYLOAD, { policy }));
      expect(failure.message).toMatch(message);
    }
  });

  it("refuses a header that is protected and unprotected before anything is sent", async () => {
    const policy = await signpath().policy("demo/p-256");
    for (const headers of [
      { p: { alg: "ES256" }, u: { alg: "ES384" } },
      { p: { kid: "a" }, u: { kid: "a" } },
    ]) {
      const signing = (): unknown => signCose(cose, headers, PAYLOAD, { policy });
      const failure = await refusalOf(emulator(), signing, "CONFIG_INVALID");
      expect(failure.message).toMatch(/the header "(alg|kid)" is protected and unprotected/);
    }
  });

  it("sends nothing for what cose-js refuses, for a module that makes something else, or for a payload of text", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = emulator().signingRequests.length;
    await expect(signCose(cose, { u: { nonsense: 1 } }, PAYLOAD, { policy })).rejects.toThrow(
      "Unknown parameter",
    );
    await expect(signCose(cose, {}, "text" as never, { policy })).rejects.toThrow(TypeError);
    for (const externalAad of [Uint16Array.of(300), "text", null])
      await expect(
        signCose(cose, {}, PAYLOAD, { policy, externalAad: externalAad as never }),
      ).rejects.toThrow("externalAad must be a Uint8Array");
    const good = await cose.sign.create({ p: { alg: "ES256" } }, PAYLOAD, {
      key: { d: Buffer.alloc(32, 1) },
    });
    for (const made of [
      good.subarray(1),
      Buffer.alloc(0),
      Buffer.from("d284"),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      flipped(good, 2),
      flipped(good, good.indexOf(PAYLOAD)),
    ]) {
      const other = { sign: { create: async () => made } };
      await expect(signCose(other, {}, PAYLOAD, { policy })).rejects.toThrow(/no tagged COSE_Sign1/);
    }
    expect(emulator().signingRequests.length).toBe(before);
  });

  it("fails with the coded error of a signature that failed, and when its signal is aborted", async () => {
    const policy = await signpath().policy("demo/p-256");
    emulator().addFault({ kind: "status", status: 403 });
    expect(await codedFailureOf(signCose(cose, {}, PAYLOAD, { policy }))).toMatchObject({
      code: "FORBIDDEN",
    });
    const signal = AbortSignal.abort();
    await refusalOf(emulator(), () => signCose(cose, {}, PAYLOAD, { policy, signal }), "ABORTED");
  });
});
