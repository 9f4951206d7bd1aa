import { createHash, randomBytes } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { SDJwtInstance } from "@sd-jwt/core";
import { createJWT } from "did-jwt";
import * as jose from "jose";
import { describe, expect, it } from "vitest";
import { githubAppJwt, joseSigner, keyParameters } from "../../src/toolkit/jose/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf } from "../support/failure.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { pyjwt, VARIANTS } from "./jose-support.js";

const row = { subpath: "/jose", verifiers: ["python-jwt"], verifiedBy: ["PyJWT"] } as const;
const didJwt = toolkitTest({ ...row, toolkit: "did-jwt", use: "`joseSigner(policy, alg)` as `signer`" });
const sdJwt = toolkitTest({ ...row, toolkit: "@sd-jwt/core", use: "`joseSigner(policy, alg)` as `signer`" });
const octokit = toolkitTest({
  ...row,
  toolkit: "@octokit/auth-app",
  use: "`githubAppJwt(policy)` as `createJwt`",
});

const DID = "did:web:example.com";

describe("a signer for a hook,", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const policyOf = (slug: string) => signpath().policy(`demo/${slug}`);

  didJwt("of did-jwt, signs a JWT", "P-256", async () => {
    const policy = await policyOf("p-256");
    const token = await createJWT(
      { sub: "somebody", aud: DID },
      { issuer: DID, signer: joseSigner(policy, "ES256"), expiresIn: 60 },
      { alg: "ES256", ...(await keyParameters(policy, { kid: `${DID}#1`, x5c: true })) },
    );
    const request = { token, slug: "p-256", alg: "ES256", isJwt: true, issuer: DID, audience: DID };
    const { claims, header } = await pyjwt(emulator(), request);
    expect(claims).toMatchObject({ sub: "somebody", iss: DID });
    expect(header).toMatchObject({ typ: "JWT", kid: `${DID}#1`, x5c: [expect.any(String)] });
  });

  didJwt("of did-jwt, is not called for an algorithm of another key", [], async () => {
    const policy = await policyOf("p-256");
    const before = sentTo(emulator());
    // The default of did-jwt.
    const wrong = createJWT({}, { issuer: DID, signer: joseSigner(policy) }, {});
    expect(await codedFailureOf(wrong)).toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
      message: expect.stringMatching(/"ES256K", and the signer is for ES256\. Nothing was sent/),
    });
    expect(sentTo(emulator())).toBe(before);
  });

  for (const { slug, alg, proves } of VARIANTS) {
    sdJwt(`of @sd-jwt/core, signs by ${alg}, with a key binding by another key`, proves, async () => {
      const [policy, holder] = await Promise.all([policyOf(slug), policyOf("p-256")]);
      const verifierOf = async (each: typeof policy, by: string) => {
        const key = await jose.importX509(each.certificatePem, by);
        return async (data: string, signature: string): Promise<boolean> => {
          await jose.compactVerify(`${data}.${signature}`, key);
          return true;
        };
      };
      const instance = new SDJwtInstance<Record<string, unknown>>({
        signer: joseSigner(policy, alg),
        signAlg: alg,
        kbSigner: joseSigner(holder, "ES256"),
        kbSignAlg: "ES256",
        hasher: (data, name) =>
          createHash(name.replace("-", ""))
            .update(typeof data === "string" ? data : new Uint8Array(data))
            .digest(),
        hashAlg: "sha-256",
        saltGenerator: (length) => randomBytes(length).toString("hex"),
        verifier: await verifierOf(policy, alg),
        kbVerifier: await verifierOf(holder, "ES256"),
      });
      const claims = { iss: "issuer", iat: 1_700_000_000, vct: "example", name: "Ada", age: 36 };
      const issued = await instance.issue(claims, { _sd: ["name", "age"] });
      const kb = { payload: { iat: 1_700_000_000, aud: "verifier", nonce: "n", sd_hash: "" } };
      const presented = await instance.present(issued, { name: true }, { kb });
      expect((await instance.verify(presented, { keyBindingNonce: "n" })).payload).toMatchObject({
        name: "Ada",
      });

      const parts = presented.split("~");
      const answer = await pyjwt(emulator(), { token: parts[0] ?? "", slug, alg, isJwt: true });
      expect(answer.claims).toMatchObject({ iss: "issuer", _sd: [expect.any(String), expect.any(String)] });
      const binding = { token: parts.at(-1) ?? "", slug: "p-256", alg: "ES256", isJwt: true };
      const bound = await pyjwt(emulator(), { ...binding, audience: "verifier" });
      expect(bound.header).toMatchObject({ typ: "kb+jwt" });
    });
  }

  octokit("of @octokit/auth-app, authenticates as an App", "RSA PKCS#1", async () => {
    const policy = await policyOf("rsa-2048");
    const auth = createAppAuth({ appId: 123, createJwt: githubAppJwt(policy) });
    const { token, expiresAt } = (await auth({ type: "app" })) as { token: string; expiresAt: string };
    const request = { token, slug: "rsa-2048", alg: "RS256", isJwt: true, issuer: "123" };
    const { claims, header } = await pyjwt(emulator(), request);
    const { iat, exp } = claims as { iat: number; exp: number };
    const now = Date.now() / 1000;
    expect(header).toEqual({ alg: "RS256", typ: "JWT" });
    expect(exp - iat).toBeLessThanOrEqual(600);
    expect(now - iat).toBeGreaterThan(25);
    expect(now - iat).toBeLessThan(60);
    expect(new Date(expiresAt).getTime()).toBe(exp * 1000);
  });

  octokit("of @octokit/auth-app, takes the difference of the clocks into account", [], async () => {
    const createJwt = githubAppJwt(await policyOf("rsa-2048"));
    const { jwt } = await createJwt("Iv1.id", 3600.5);
    const { iat, iss } = jose.decodeJwt(jwt);
    expect(iat).toBe(Math.floor(iat ?? 0));
    expect(iss).toBe("Iv1.id");
    expect((iat ?? 0) - Date.now() / 1000).toBeGreaterThan(3500);
  });

  it("gives the signature of a text and of bytes, 16 at once", async () => {
    const policy = await policyOf("p-256");
    const key = await jose.importX509(policy.certificatePem, "ES256");
    const signer = joseSigner(policy);
    const header = Buffer.from('{"alg":"ES256"}').toString("base64url");
    await Promise.all(
      Array.from({ length: 16 }, async (_each, index) => {
        const input = `${header}.${Buffer.from(String(index)).toString("base64url")}`;
        const signature = await signer(index % 2 === 0 ? input : new Uint8Array(Buffer.from(input)));
        await expect(jose.compactVerify(`${input}.${signature}`, key)).resolves.toBeDefined();
      }),
    );
  });

  it("signs a payload that is not encoded where the header says so", async () => {
    const policy = await policyOf("p-256");
    const header = Buffer.from('{"alg":"ES256","b64":false,"crit":["b64"]}').toString("base64url");
    const signature = await joseSigner(policy)(`${header}.as.it is`);
    const key = await jose.importX509(policy.certificatePem, "ES256");
    const verifying = jose.flattenedVerify({ protected: header, payload: "as.it is", signature }, key);
    await expect(verifying).resolves.toBeDefined();
  });

  it("for an algorithm that the key lacks is not made", async () => {
    const [ec, rsa] = await Promise.all([policyOf("p-256"), policyOf("rsa-2048")]);
    const failures = [
      codedThrownBy(() => joseSigner(ec, "ES384")),
      codedThrownBy(() => joseSigner(rsa, "ES256")),
      codedThrownBy(() => githubAppJwt(ec)),
    ];
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
      expect(failure.message).toMatch(/with this policy use (ES256|RS256, )/);
    }
  });

  it("signs nothing but a header and a payload, and nothing after an abort", async () => {
    const policy = await policyOf("p-256");
    const before = sentTo(emulator());
    const signer = joseSigner(policy, "ES256");
    const encode = (text: string): string => Buffer.from(text).toString("base64url");
    for (const data of [
      "",
      "abc",
      ".",
      "!.x",
      `${encode("[]")}.x`,
      `${encode("{")}.x`,
      new Uint8Array([0xff, 0x2e]),
      `${encode('{"alg":"ES256"}')}.e30.AAAA`,
      `${encode('{"alg":"ES256"}')}.{}`,
    ])
      expect(await codedFailureOf(signer(data))).toMatchObject({ code: "REQUEST_REJECTED" });
    for (const header of ["{}", '{"alg":"none"}', '{"alg":"HS256"}', '{"__proto__":{"alg":"ES256"}}'])
      expect(await codedFailureOf(signer(`${encode(header)}.x`))).toMatchObject({
        code: "ALGORITHM_NOT_SUPPORTED",
      });
    expect(await failureOf(signer(undefined as never))).toBeInstanceOf(TypeError);
    const aborted = joseSigner(policy, "ES256", { signal: AbortSignal.abort() });
    const input = `${encode('{"alg":"ES256"}')}.e30`;
    expect(await codedFailureOf(aborted(input))).toMatchObject({ code: "ABORTED" });
    expect(sentTo(emulator())).toBe(before);
  });
});
