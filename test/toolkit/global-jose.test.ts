import { generateKeyPairSync } from "node:crypto";
import * as jose from "jose";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { install } from "../../src/toolkit/global/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import type { JoseVariant } from "./global-support.js";
import { JOSE_ALGORITHMS, JOSE_VARIANTS, verifiedByPyJwt } from "./global-support.js";

const proves = toolkitTest({
  subpath: "/global",
  toolkit: "jose",
  use: "`install()`, then `SignJWT`, `CompactSign`, `GeneralSign`",
  verifiers: ["python-jwt"],
  verifiedBy: ["PyJWT"],
});
const PAYLOAD = Buffer.from("what is signed, \u00e4nd not JSON");

const emulator = useEmulator();
const signpath = useSignPath(emulator);
let uninstall = (): void => undefined;
beforeAll(() => {
  uninstall = install();
});
afterAll(() => uninstall());

async function keyOf({ slug, name, hash }: Pick<JoseVariant, "slug" | "name" | "hash">) {
  const policy = await signpath().policy(`demo/${slug}`);
  return { policy, ...(await policy.keyPair({ name, hash })) };
}

describe("jose, with the global WebCrypto bridged,", () => {
  for (const variant of JOSE_VARIANTS) {
    const { slug, name, alg } = variant;
    proves(`signs a JWT by demo/${slug} with ${alg}`, provenBy(slug, name), async () => {
      const { policy, privateKey, publicKey } = await keyOf(variant);
      const token = await new jose.SignJWT({ "urn:example:claim": true })
        .setProtectedHeader({ alg, typ: "JWT" })
        .setIssuer("somebody")
        .setAudience("somewhere")
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(privateKey);
      const options = { isJwt: true, audience: "somewhere", issuer: "somebody" };
      const [verified] = await verifiedByPyJwt(policy, variant, [{ token }], options);
      expect(verified).toMatchObject({
        header: { alg, typ: "JWT" },
        claims: { "urn:example:claim": true, iss: "somebody" },
      });
      await jose.jwtVerify(token, publicKey, { issuer: "somebody", audience: "somewhere" });
    });
  }

  for (const variant of JOSE_ALGORITHMS) {
    const { slug, name, alg } = variant;
    proves(
      `signs bytes with ${alg}, as compact JWS and as they are (RFC 7797)`,
      provenBy(slug, name),
      async () => {
        const { policy, privateKey } = await keyOf(variant);
        const token = await new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg }).sign(privateKey);
        const flattened = await new jose.FlattenedSign(PAYLOAD)
          .setProtectedHeader({ alg, b64: false, crit: ["b64"] })
          .sign(privateKey);
        const detached = `${flattened.protected}..${flattened.signature}`;
        const signatures = [{ token }, { token: detached, detachedPayload: PAYLOAD }];
        const verified = await verifiedByPyJwt(policy, variant, signatures);
        expect(verified.map(({ payload }) => payload)).toEqual([PAYLOAD, PAYLOAD]);
      },
    );
  }

  proves(
    "signs one payload with all algorithms at once as general JWS, beside a key of Node",
    ["RSA PKCS#1", "RSA-PSS", "P-256", "P-384", "P-521"],
    async () => {
      const general = new jose.GeneralSign(PAYLOAD);
      const signers = await Promise.all(
        JOSE_ALGORITHMS.map(async (variant) => ({ variant, ...(await keyOf(variant)) })),
      );
      for (const { variant, privateKey } of signers)
        general.addSignature(privateKey).setProtectedHeader({ alg: variant.alg });
      const local = await jose.generateKeyPair("ES256");
      general.addSignature(local.privateKey).setProtectedHeader({ alg: "ES256" });
      const { payload, signatures } = await general.sign();
      expect(signatures).toHaveLength(signers.length + 1);
      for (const [index, { variant, policy }] of signers.entries()) {
        const token = `${signatures[index]?.protected}.${payload}.${signatures[index]?.signature}`;
        await verifiedByPyJwt(policy, variant, [{ token }]);
      }
      const last = { payload, signatures: signatures.slice(-1) };
      await expect(jose.generalVerify(last, local.publicKey)).resolves.toBeDefined();
    },
  );

  it("signs 16 tokens at once", async () => {
    const { privateKey, publicKey } = await keyOf({ slug: "p-256", name: "ECDSA", hash: "SHA-256" });
    const before = sentTo(emulator());
    const tokens = await Promise.all(
      Array.from({ length: 16 }, (_, number) =>
        new jose.SignJWT({ number }).setProtectedHeader({ alg: "ES256" }).sign(privateKey),
      ),
    );
    const verified = await Promise.all(tokens.map((token) => jose.jwtVerify(token, publicKey)));
    expect(verified.map(({ payload }) => payload["number"])).toEqual(Array.from({ length: 16 }, (_, n) => n));
    expect(sentTo(emulator()) - before).toBe(16);
  });

  it.each([
    ["RS384 with a key for RS256", "RS384", { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
    ["PS256 with a key for RS256", "PS256", { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
    ["ES256 with a key for RS256", "ES256", { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
    ["RS256 with a key for PS256", "RS256", { slug: "rsa-2048", name: "RSA-PSS", hash: "SHA-256" }],
    ["ES256 with a key on P-384", "ES256", { slug: "p-384", name: "ECDSA", hash: "SHA-384" }],
    ["EdDSA with a key on P-256", "EdDSA", { slug: "p-256", name: "ECDSA", hash: "SHA-256" }],
    ["HS256 with a key on P-256", "HS256", { slug: "p-256", name: "ECDSA", hash: "SHA-256" }],
  ] as const)("refuses %s before anything is sent", async (_title, alg, key) => {
    const { privateKey } = await keyOf(key);
    const before = emulator().requests.length;
    await expect(
      new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg }).sign(privateKey),
    ).rejects.toBeInstanceOf(TypeError);
    expect(emulator().requests).toHaveLength(before);
  });

  it.each([
    ["ES256", "p-256"],
    ["ES384", "p-384"],
    ["ES512", "p-521"],
  ])("signs with %s by a key that is bound to no hash", async (alg, slug) => {
    const { privateKey, publicKey } = await (await signpath().policy(`demo/${slug}`)).keyPair({
      name: "ECDSA",
    });
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg }).sign(privateKey);
    await jose.jwtVerify(token, publicKey);
  });

  it("is refused by the key bound to another hash than the curve's, before anything is sent", async () => {
    const { privateKey } = await keyOf({ slug: "p-256", name: "ECDSA", hash: "SHA-384" });
    const before = emulator().requests.length;
    const signing = new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    expect(await failureOf(signing)).toMatchObject({ name: "InvalidAccessError" });
    expect(await codedFailureOf(signing)).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED" });
    expect(emulator().requests).toHaveLength(before);
  });

  it("passes on what the service says, as the cause of an OperationError", async () => {
    const { privateKey } = await keyOf({ slug: "p-256", name: "ECDSA", hash: "SHA-256" });
    onTestFinished(() => emulator().clearFaults());
    emulator().addFault({ kind: "status", status: 403, route: "signingRequests" });
    const signing = new jose.CompactSign(PAYLOAD).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    expect(await failureOf(signing)).toMatchObject({ name: "OperationError" });
    expect(await codedFailureOf(signing)).toMatchObject({ code: "FORBIDDEN", status: 403 });
  });

  it("does not encrypt or export with a key in SignPath", async () => {
    const { privateKey } = await keyOf({ slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
    await expect(jose.exportPKCS8(privateKey)).rejects.toBeInstanceOf(TypeError);
    await expect(jose.exportJWK(privateKey)).rejects.toThrow(/extractable/);
  });

  it("works with keys of Node as it does without the bridge", async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair("PS512", { extractable: true });
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "PS512" }).sign(privateKey);
    await jose.jwtVerify(token, publicKey);
    expect(await jose.exportJWK(privateKey)).toHaveProperty("d");
    const object = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const other = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256" }).sign(object.privateKey);
    await jose.jwtVerify(other, object.publicKey);
  });
});
