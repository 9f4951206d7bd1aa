import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as jose from "jose";
import { describe, expect, it } from "vitest";
import {
  jwks,
  jwkThumbprint,
  jwsKey,
  keyParameters,
  resign,
  signJws,
  signJwt,
} from "../../src/toolkit/jose/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { openssl, testWith } from "../support/verifiers.js";
import { decoded, KINDS, pyjwt, VARIANTS } from "./jose-support.js";

const proves = toolkitTest({
  subpath: "/jose",
  toolkit: "jose",
  use: "`signJws`, `signJwt`; jose verifies by `jwks(policy)`",
  verifiers: ["python-jwt"],
  verifiedBy: ["PyJWT", "jose"],
});

/** Not UTF-8, with all that a period or a quotation mark could break. */
const BYTES = Uint8Array.from([0, 255, 0x2e, 0x22, 10, 0x5c]);
const TEXT = '{"a":"ä.€"}\n';

describe("with a key in SignPath,", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const policyOf = (slug: string) => signpath().policy(`demo/${slug}`);

  for (const { slug, alg, proves: kind } of VARIANTS) {
    proves(`a JWT by ${alg} is accepted`, kind, async () => {
      const policy = await policyOf(slug);
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: "somebody", aud: ["somewhere", "elsewhere"], sub: "ä", own: { deep: [1] } };
      const options = { policy, alg, kid: true, x5c: true, "x5t#S256": true, expiresIn: 60 } as const;
      const token = await signJwt(claims, options);
      const request = { token, slug, alg, isJwt: true, audience: "somewhere", issuer: "somebody" };
      const answer = await pyjwt(emulator(), request);
      expect(answer.claims).toMatchObject(claims);
      const { iat, exp } = answer.claims as { iat: number; exp: number };
      expect(exp - iat).toBe(60);
      expect(Math.abs(iat - now)).toBeLessThan(20);
      expect(answer.header).toEqual({
        alg,
        typ: "JWT",
        kid: await jwkThumbprint(policy),
        x5c: [Buffer.from(policy.certificateDer).toString("base64")],
        "x5t#S256": expect.stringMatching(/^[\w-]{43}$/),
      });

      const keys = jose.createLocalJWKSet(await jwks({ policy, alg }));
      const expected = { audience: "elsewhere", issuer: "somebody", algorithms: [alg], typ: "JWT" };
      expect((await jose.jwtVerify(token, keys, expected)).payload).toEqual(answer.claims);
      const certified = await jose.importX509(policy.certificatePem, alg);
      await expect(jose.jwtVerify(token, certified)).resolves.toMatchObject({ payload: claims });
      await expect(jose.jwtVerify(`${token.slice(0, -8)}AAAAAAAA`, keys)).rejects.toThrow();
    });
  }

  for (const { slug, alg, proves: kind } of KINDS) {
    proves(`a JWS by ${alg} is accepted in each serialization, detached as well`, kind, async () => {
      const policy = await policyOf(slug);
      const keys = jose.createLocalJWKSet(await jwks({ policy, alg }));
      const common = { policy, alg, header: { cty: "x" }, kid: "mine" } as const;
      const encoded = Buffer.from(BYTES).toString("base64url");
      const header = { alg, cty: "x", kid: "mine" };
      const local = jose.createLocalJWKSet(await jwks({ policy, alg, kid: "mine" }));

      const compact = await signJws(BYTES, common);
      const { payload } = await pyjwt(emulator(), { token: compact, slug, alg });
      expect(Buffer.from(payload, "base64")).toEqual(Buffer.from(BYTES));
      expect((await jose.compactVerify(compact, local)).protectedHeader).toEqual(header);
      await expect(jose.compactVerify(compact, keys)).rejects.toThrow(/no applicable key/);

      const detached = await signJws(BYTES, { ...common, detached: true });
      expect(detached).toMatch(/^[\w-]+\.\.[\w-]+$/);
      await pyjwt(emulator(), { token: detached.replace("..", `.${encoded}.`), slug, alg });

      const flattened = await signJws(BYTES, {
        ...common,
        serialization: "flattened",
        unprotectedHeader: { more: 1 },
      });
      expect(Object.keys(flattened).sort()).toEqual(["header", "payload", "protected", "signature"]);
      expect(flattened).toMatchObject({ payload: encoded, header: { more: 1 } });
      const verified = await jose.flattenedVerify(flattened, local);
      expect(verified.unprotectedHeader).toEqual({ more: 1 });
      const { protected: signedHeader, signature } = flattened;
      await pyjwt(emulator(), { token: `${signedHeader}.${encoded}.${signature}`, slug, alg });

      const general = await signJws(BYTES, { ...common, serialization: "general", detached: true });
      expect(general).toEqual({ signatures: [{ protected: signedHeader, signature: expect.any(String) }] });
      await jose.generalVerify({ ...general, payload: encoded }, local);
      const [first] = general.signatures;
      await pyjwt(emulator(), { token: `${first?.protected}.${encoded}.${first?.signature}`, slug, alg });
    });

    proves(`a payload that is not encoded (RFC 7797) is accepted by ${alg}`, kind, async () => {
      const policy = await policyOf(slug);
      const keys = jose.createLocalJWKSet(await jwks({ policy, alg }));
      const common = { policy, alg, b64: false } as const;
      const header = { alg, b64: false, crit: ["b64"] };

      const detached = await signJws(BYTES, { ...common, detached: true });
      expect(decoded(detached).header).toEqual(header);
      await pyjwt(emulator(), { token: detached, slug, alg, detachedPayload: BYTES });
      const [encodedHeader = "", , signature = ""] = detached.split(".");
      const parts = { protected: encodedHeader, payload: BYTES, signature };
      expect(new Uint8Array((await jose.flattenedVerify(parts, keys)).payload)).toEqual(BYTES);

      const compact = await signJws("$02", common);
      expect(compact.split(".")[1]).toBe("$02");
      await pyjwt(emulator(), {
        token: compact.replace("$02", ""),
        slug,
        alg,
        detachedPayload: Buffer.from("$02"),
      });
      await jose.compactVerify(compact, keys);

      const flattened = await signJws(TEXT, { ...common, serialization: "flattened" });
      expect(flattened.payload).toBe(TEXT);
      await jose.flattenedVerify(flattened, keys);
      await pyjwt(emulator(), {
        token: `${flattened.protected}..${flattened.signature}`,
        slug,
        alg,
        detachedPayload: Buffer.from(TEXT),
      });
    });
  }

  proves(
    "one JWS is signed by several keys, each with its own header",
    KINDS.map(({ proves: kind }) => kind),
    async () => {
      const signers = await Promise.all(
        KINDS.map(async ({ slug, alg }) => ({ policy: await policyOf(slug), alg, kid: slug })),
      );
      const before = sentTo(emulator());
      const jws = await signJws(TEXT, { serialization: "general", signers, header: { typ: "shared" } });
      expect(sentTo(emulator()) - before).toBe(KINDS.length);
      expect(jws.signatures).toHaveLength(KINDS.length);
      const encoded = Buffer.from(TEXT).toString("base64url");
      expect(jws.payload).toBe(encoded);
      const keys = jose.createLocalJWKSet(await jwks(signers));
      for (const [index, { slug, alg }] of KINDS.entries()) {
        const { protected: header, signature } = jws.signatures[index] ?? { protected: "", signature: "" };
        const token = `${header}.${encoded}.${signature}`;
        expect((await pyjwt(emulator(), { token, slug, alg })).header).toEqual({
          alg,
          typ: "shared",
          kid: slug,
        });
        const { protectedHeader } = await jose.compactVerify(token, keys);
        expect(protectedHeader.kid).toBe(slug);
      }
      const verified = await jose.generalVerify(jws, keys);
      expect(Buffer.from(verified.payload).toString()).toBe(TEXT);
    },
  );

  proves("an empty payload and one of a megabyte are signed", "P-256", async () => {
    const policy = await policyOf("p-256");
    const key = await jose.importX509(policy.certificatePem, "ES256");
    for (const payload of ["", "x".repeat(1024 * 1024)]) {
      const token = await signJws(payload, { policy });
      expect((await jose.compactVerify(token, key)).payload).toHaveLength(payload.length);
      if (payload === "") expect(token).toMatch(/^[\w-]+\.\.[\w-]{86}$/);
    }
  });

  it("16 tokens at once are each signed, over what was given at the call", async () => {
    const policy = await policyOf("p-256");
    const key = await jose.importX509(policy.certificatePem, "ES256");
    const data = Buffer.alloc(4);
    const numbers = Array.from({ length: 16 }, (_each, index) => index);
    const tokens = numbers.map((number) => {
      data.writeUInt32BE(number);
      return signJws(data, { policy, kid: true });
    });
    data.fill(0xff);
    const verified = await Promise.all(tokens.map(async (token) => jose.compactVerify(await token, key)));
    expect(verified.map(({ payload }) => Buffer.from(payload).readUInt32BE())).toEqual(numbers);
  });

  it("a payload that is signed as it is is copied at the call", async () => {
    const policy = await policyOf("p-256");
    const key = await jose.importX509(policy.certificatePem, "ES256");
    const payload = Buffer.from("payload");
    const signing = signJws(payload, { policy, b64: false, detached: true, serialization: "flattened" });
    payload.fill(0);
    const verifying = jose.flattenedVerify({ ...(await signing), payload: Buffer.from("payload") }, key);
    await expect(verifying).resolves.toBeDefined();
  });

  it("the algorithm is RS256 or the curve's unless it is named, in an option or in the header", async () => {
    for (const { slug, alg } of KINDS.filter(({ alg: each }) => each !== "PS384")) {
      expect(decoded(await signJws("", { policy: await policyOf(slug) })).header).toEqual({ alg });
    }
    const policy = await policyOf("rsa-2048");
    const named = await signJws("", { policy, header: { alg: "PS512" } });
    expect(decoded(named)).toMatchObject({ header: { alg: "PS512" }, signature: { length: 256 } });
    await jose.compactVerify(named, await jose.importX509(policy.certificatePem, "PS512"));
  });

  it("the public key can be in the header, as a proof of possession has it", async () => {
    for (const slug of ["rsa-2048", "p-521"]) {
      const policy = await policyOf(slug);
      const { keys } = await jwks({ policy, x5c: false });
      const token = await signJws("x", { policy, header: { jwk: keys[0] } });
      expect((await jose.compactVerify(token, jose.EmbeddedJWK)).protectedHeader.jwk).toEqual(keys[0]);
      expect(await resign(token, policy)).toContain(token.slice(0, token.indexOf(".")));
    }
  });

  it("a parameter of one's own can be critical, beside b64", async () => {
    const policy = await policyOf("p-256");
    const header = { "http://example.com/x": true, crit: ["http://example.com/x"] };
    const token = await signJws("", { policy, header, b64: false, detached: true });
    expect(decoded(token).header).toEqual({
      alg: "ES256",
      "http://example.com/x": true,
      b64: false,
      crit: ["http://example.com/x", "b64"],
    });
  });

  describe("jwsKey", () => {
    it.each(VARIANTS)("gives a key as jose wants one for $alg", async ({ slug, alg }) => {
      const key = jwsKey(await policyOf(slug), alg);
      const wanted = await jose.importX509((await policyOf(slug)).certificatePem, alg);
      expect(key.algorithm).toMatchObject({ ...wanted.algorithm });
      expect(key).toMatchObject({ type: "private", extractable: false, usages: ["sign"] });
      expect(key).toBeInstanceOf(CryptoKey);
      if (!alg.startsWith("ES")) {
        expect((key.algorithm as RsaHashedKeyAlgorithm).modulusLength).toBe(Number(slug.slice(4)));
      }
    });
  });

  describe("jwks", () => {
    it.each(VARIANTS)(
      "has the public key for $alg alone, with its use and certificate",
      async ({ slug, alg }) => {
        const policy = await policyOf(slug);
        const set = await jwks({ policy, alg, x5c: [emulator().intermediateCertificate] });
        const [jwk] = set.keys;
        if (jwk === undefined) throw new Error("the set is empty");
        const key = alg.startsWith("ES") ? ["crv", "x", "y"] : ["e", "n"];
        const members = ["alg", "kid", "kty", "use", "x5c", "x5t#S256", ...key].sort();
        expect(Object.keys(jwk).sort()).toEqual(members);
        expect(jwk).toMatchObject({
          alg,
          use: "sig",
          kid: await jose.calculateJwkThumbprint(jwk as jose.JWK),
        });
        expect(jwk.x5c).toHaveLength(2);
        const { kty, ...expected } = await jose.exportJWK(
          await jose.importX509(policy.certificatePem, alg, { extractable: true }),
        );
        expect(jwk).toMatchObject({ kty, ...expected });
      },
    );

    it("takes one policy, several, and more of each", async () => {
      const [rsa, ec] = await Promise.all([policyOf("rsa-2048"), policyOf("p-384")]);
      expect((await jwks(rsa)).keys.map(({ alg }) => alg)).toEqual(["RS256"]);
      const set = await jwks([rsa, { policy: rsa, alg: "PS256", kid: "pss" }, { policy: ec, x5c: false }]);
      expect(set.keys.map(({ alg }) => alg)).toEqual(["RS256", "PS256", "ES384"]);
      expect(set.keys.map(({ x5c }) => x5c?.length)).toEqual([1, 1, undefined]);
      expect(set.keys[1]?.kid).toBe("pss");
      expect((await jwks([])).keys).toEqual([]);
    });

    it("sends nothing", async () => {
      const before = sentTo(emulator());
      const policy = await policyOf("p-256");
      await Promise.all([
        jwks(policy),
        keyParameters(policy, { kid: true, x5c: true }),
        jwkThumbprint(policy),
      ]);
      expect(sentTo(emulator())).toBe(before);
    });
  });

  testWith("openssl", "x5c is a chain to the root, and x5t#S256 the certificate's SHA-256", async () => {
    const policy = await policyOf("p-256");
    const folder = temporaryFolder();
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const x5c = [emulator().rootCertificate, emulator().intermediateCertificate];
    const { x5c: chain = [], ...others } = await keyParameters(policy, { x5c, "x5t#S256": true });
    const pem = (base64: string): string =>
      `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
    const [leaf = "", issuer = "", root = ""] = chain.map(pem);
    expect(chain).toHaveLength(3);
    const trust = ["-CAfile", await file("root.pem", root), "-untrusted", await file("issuer.pem", issuer)];
    const path = await file("leaf.pem", leaf);
    expect(await openssl(["verify", ...trust, path])).toMatchObject({ status: 0 });
    const { stdout } = await openssl(["x509", "-in", path, "-noout", "-fingerprint", "-sha256"]);
    const fingerprint = stdout.trim().split("=")[1]?.replaceAll(":", "") ?? "";
    expect(others).toEqual({ "x5t#S256": Buffer.from(fingerprint, "hex").toString("base64url") });
  });

  it("a key that was replaced unnoticed fails one token, and the next names the new certificate", async () => {
    const policy = await policyOf("rsa-2048");
    await emulator().rotateCertificate("rsa-2048", { newKey: true });
    const options = { policy, kid: true, x5c: true, "x5t#S256": true } as const;
    expect(await codedFailureOf(signJws("", options))).toMatchObject({
      code: "CERTIFICATE_CHANGED",
      retryable: true,
    });
    const { x5c } = decoded(await signJws("", options)).header as { x5c: string[] };
    expect(x5c).toEqual([Buffer.from(await emulator().certificateOf("rsa-2048")).toString("base64")]);
  });

  it("a certificate that is replaced while its header is signed is not in a token", async () => {
    const policy = await policyOf("p-384");
    await emulator().rotateCertificate("p-384", { newKey: true });
    // So large that it is hashed on another thread, during which the new certificate becomes known.
    const options = { policy, b64: false, detached: true } as const;
    const payload = Buffer.alloc(32 * 1024 * 1024);
    const { keys } = await jwks(policy);
    const signings = [{ "x5t#S256": true }, { header: { jwk: keys[0] } }].map((more) =>
      codedFailureOf(signJws(payload, { ...options, ...more })),
    );
    await signpath().policies();
    for (const failure of await Promise.all(signings))
      expect(failure).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true });
    await expect(signJws("", options)).resolves.toMatch(/\.\./);
  });

  it("a certificate that is renewed for the same key meanwhile does no harm", async () => {
    const policy = await policyOf("p-521");
    const before = policy.certificateDer;
    emulator().addFault({ kind: "latency", ms: 500, count: 1, route: "signingRequests" });
    const signing = signJws("", { policy, "x5t#S256": true });
    await emulator().rotateCertificate("p-521", { newKey: false });
    await signpath().policies();
    expect(policy.certificateDer).not.toEqual(before);
    const { header } = decoded(await signing);
    expect(header["x5t#S256"]).toBe(createHash("sha256").update(before).digest("base64url"));
  });
});
