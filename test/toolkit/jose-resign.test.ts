import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { createSigner, createVerifier } from "fast-jwt";
import jsonwebtoken from "jsonwebtoken";
import jws from "jws";
import { describe, expect, it } from "vitest";
import type { SigningPolicy } from "../../src/policy/signing-policy.js";
import { jwks, jwkThumbprint, keyParameters, resign, throwAwayKey } from "../../src/toolkit/jose/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { decoded, pyjwt, VARIANTS } from "./jose-support.js";

const row = {
  subpath: "/jose",
  use: "`resign(token, policy)`, signed before with `throwAwayKey`",
  verifiers: ["python-jwt"],
  verifiedBy: ["PyJWT"],
} as const;

/** A library that signs synchronously, as its users call it. */
interface Library {
  readonly name: string;
  sign(claims: object, key: Awaited<ReturnType<typeof throwAwayKey>>, header: object): string;
  /** Throws, or gives the claims. */
  verify(token: string, publicKey: string, alg: string): unknown;
}

const LIBRARIES: readonly Library[] = [
  {
    name: "jsonwebtoken",
    sign: (claims, { pem, alg }, header) =>
      jsonwebtoken.sign(claims, pem, { algorithm: alg, header: { alg, ...header }, expiresIn: "5m" }),
    verify: (token, publicKey, alg) =>
      jsonwebtoken.verify(token, publicKey, { algorithms: [alg as jsonwebtoken.Algorithm] }),
  },
  {
    name: "fast-jwt",
    sign: (claims, { pem, alg }, header) =>
      createSigner({ key: pem, algorithm: alg, header: { alg, ...header }, expiresIn: 300_000 })({
        ...claims,
      }),
    verify: (token, publicKey, alg) =>
      createVerifier({ key: publicKey, algorithms: [alg as "RS256"] })(token),
  },
  {
    name: "jws",
    sign: (claims, { privateKey, alg }, header) =>
      jws.sign({
        header: { typ: "JWT", alg, ...header },
        payload: JSON.stringify(claims),
        privateKey: privateKey as never,
        encoding: "utf8",
      }),
    verify: (token, publicKey, alg) => {
      if (!jws.verify(token, alg as jws.Algorithm, publicKey)) throw new Error("not good");
      return jws.decode(token)?.payload;
    },
  },
];

const CLAIMS = { iss: "somebody", sub: "ä", "http://example.com/own": [1, { deep: true }] };

describe("a token that is signed anew", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const policyOf = (slug: string) => signpath().policy(`demo/${slug}`);

  for (const library of LIBRARIES) {
    const proves = toolkitTest({ ...row, toolkit: library.name });
    for (const { slug, alg, proves: kind } of VARIANTS) {
      proves(
        `of ${library.name} by ${alg} is accepted, its header and claims as they were`,
        kind,
        async () => {
          const policy = await policyOf(slug);
          const header = await keyParameters(policy, { kid: true, x5c: true, "x5t#S256": true });
          const before = library.sign(CLAIMS, await throwAwayKey(policy, alg), header);
          const token = await resign(before, policy);
          expect(token.split(".").slice(0, 2)).toEqual(before.split(".").slice(0, 2));
          expect(token.split(".")[2]).not.toBe(before.split(".")[2]);
          const publicKey = await emulator().publicKeyOf(slug);
          expect(() => library.verify(before, publicKey, alg)).toThrow();
          expect(library.verify(token, publicKey, alg)).toMatchObject(CLAIMS);

          const answer = await pyjwt(emulator(), { token, slug, alg, isJwt: true, issuer: "somebody" });
          expect(answer.claims).toMatchObject(CLAIMS);
          expect(answer.header).toEqual({ alg, typ: "JWT", ...header });
          expect(answer.header["kid"]).toBe(await jwkThumbprint(policy));
          if (alg.startsWith("ES"))
            expect(decoded(token).signature).toHaveLength(
              { ES256: 64, ES384: 96, ES512: 132 }[alg as "ES256"],
            );
        },
      );
    }
  }

  it("may be by any key, and is by the policy's afterwards", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const token = await resign(
      jsonwebtoken.sign({}, privateKey, { algorithm: "ES256" }),
      await policyOf("p-256"),
    );
    const publicKey = await emulator().publicKeyOf("p-256");
    expect(jsonwebtoken.verify(token, publicKey, { algorithms: ["ES256"] })).toHaveProperty("iat");
  });

  it("is one of 16 at once", async () => {
    const policy = await policyOf("p-256");
    const { pem } = await throwAwayKey(policy);
    const publicKey = await emulator().publicKeyOf("p-256");
    const numbers = Array.from({ length: 16 }, (_each, number) => number);
    const tokens = await Promise.all(
      numbers.map((number) => resign(jsonwebtoken.sign({ number }, pem, { algorithm: "ES256" }), policy)),
    );
    const verified = tokens.map((token) => jsonwebtoken.verify(token, publicKey) as { number: number });
    expect(verified.map(({ number }) => number)).toEqual(numbers);
  });

  describe("before anything is sent", () => {
    const refusalOf = async (token: string, policy: SigningPolicy) => {
      const before = sentTo(emulator());
      const failure = await codedFailureOf(resign(token, policy));
      expect(sentTo(emulator())).toBe(before);
      expect(failure).toMatchObject({ attempts: 0, stage: "sign" });
      return failure;
    };
    const part = (text: string | Buffer): string => Buffer.from(text).toString("base64url");
    const tokenWith = (header: object): string => `${part(JSON.stringify(header))}.${part("{}")}.AAAA`;

    it.each([
      ["p-256", "none", "ES256"],
      ["p-256", "HS256", "ES256"],
      ["rsa-2048", "HS256", "RS256, RS384, RS512, PS256, PS384, PS512"],
      ["rsa-2048", "ES256", "RS256, RS384, RS512, PS256, PS384, PS512"],
      ["p-256", "ES384", "ES256"],
      ["p-384", "RS256", "ES384"],
      ["p-521", "EdDSA", "ES512"],
      ["p-256", "es256", "ES256"],
      ["p-256", ["ES256"], "ES256"],
      ["p-256", undefined, "ES256"],
    ])("is refused by %s where it says %j", async (slug, alg, works) => {
      const failure = await refusalOf(tokenWith({ alg, typ: "JWT" }), await policyOf(slug));
      expect(failure.code).toBe("ALGORITHM_NOT_SUPPORTED");
      expect(failure.message).toContain(`use ${works}. Nothing was sent`);
    });

    it("is refused where libraries wrote alg: none or a secret's", async () => {
      const policy = await policyOf("p-256");
      const plain = jsonwebtoken.sign({}, "", { algorithm: "none" });
      const secret = jsonwebtoken.sign({}, "a secret of thirty-two characters", { algorithm: "HS256" });
      for (const token of [plain, secret])
        expect((await refusalOf(token, policy)).code).toBe("ALGORITHM_NOT_SUPPORTED");
    });

    it.each([
      ["", /three parts/],
      ["a.b", /three parts/],
      ["a.b.c.d", /three parts/],
      ["a.b.c.d.e", /three parts/],
      [`!.${part("{}")}.AAAA`, /header is not Base64url/],
      [`${part("{}")}=.${part("{}")}.AAAA`, /header is not Base64url/],
      [`${part("[]")}.${part("{}")}.AAAA`, /header is not an object/],
      [`${part("null")}.${part("{}")}.AAAA`, /header is not an object/],
      [`${part('{"alg":')}.${part("{}")}.AAAA`, /header is not JSON/],
      [`${part(Buffer.from('{"alg":"ES256","x":"ä"}', "latin1"))}.${part("{}")}.AAAA`, /not JSON in UTF-8/],
      [`${part(`\ufeff${'{"alg":"ES256"}'}`)}.${part("{}")}.AAAA`, /not JSON/],
      [`${part('{"alg":"ES256"}')}.{}.AAAA`, /not Base64url/],
      [`${part('{"alg":"ES256"}')}.e30.A=`, /not Base64url/],
      [`${part('{"alg":"ES256"}')}.e30.AAAA\n`, /not Base64url/],
      [`${part('{"alg":"ES256"}')}..AAAA`, /no payload/],
      [tokenWith({ alg: "ES256", b64: false, crit: ["b64"] }), /b64/],
    ])("is refused where it is no token: %j", async (token, message) => {
      const failure = await refusalOf(token, await policyOf("p-256"));
      expect(failure.code).toBe("REQUEST_REJECTED");
      expect(failure.message).toMatch(message);
    });

    it("is refused where its header is not ASCII, which jws writes as Latin-1", async () => {
      const policy = await policyOf("p-256");
      const { pem } = await throwAwayKey(policy);
      const token = jsonwebtoken.sign({}, pem, { algorithm: "ES256", keyid: "schlüssel" });
      expect((await refusalOf(token, policy)).message).toMatch(/not JSON in UTF-8/);
    });

    it("is refused where it names the certificate or the key of another policy", async () => {
      const [policy, other] = await Promise.all([policyOf("p-256"), policyOf("p-384")]);
      for (const choices of [{ x5c: true }, { "x5t#S256": true }]) {
        const header = await keyParameters(other, choices);
        const failure = await refusalOf(tokenWith({ alg: "ES256", ...header }), policy);
        expect(failure.code).toBe("REQUEST_REJECTED");
        expect(failure.message).toMatch(/not the certificate of signing policy demo\/p-256/);
      }
      const { keys } = await jwks([other, policy]);
      const [foreign, own] = keys;
      for (const jwk of [foreign, { ...own, d: "AAAA" }, null, "text", [own]]) {
        const failure = await refusalOf(tokenWith({ alg: "ES256", jwk }), policy);
        expect(failure.code).toBe("REQUEST_REJECTED");
        expect(failure.message).toMatch(
          /jwk of the header is not the public key of signing policy demo\/p-256/,
        );
      }
      const odd = await refusalOf(tokenWith({ alg: "ES256", x5c: null }), policy);
      expect(odd.code).toBe("REQUEST_REJECTED");
    });

    it("is refused where it is no text, the policy is none, or the signal has fired", async () => {
      const policy = await policyOf("p-256");
      const before = sentTo(emulator());
      const token = tokenWith({ alg: "ES256" });
      expect(await failureOf(resign(Buffer.from(token) as never, policy))).toBeInstanceOf(TypeError);
      expect(await failureOf(resign(token, {} as never))).toBeInstanceOf(TypeError);
      expect(await failureOf(resign(token, policy, { signal: 1 as never }))).toBeInstanceOf(TypeError);
      const signal = AbortSignal.abort();
      expect(await codedFailureOf(resign(token, policy, { signal }))).toMatchObject({ code: "ABORTED" });
      expect(sentTo(emulator())).toBe(before);
    });
  });
});

describe("a key to throw away", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it.each(VARIANTS)("for $slug and $alg is of its type, and the same each time", async ({ slug, alg }) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const [key, again] = await Promise.all([throwAwayKey(policy, alg), throwAwayKey(policy, alg)]);
    expect(again.privateKey).toBe(key.privateKey);
    expect(again).toMatchObject({ alg, pem: key.pem });
    expect(createPrivateKey(key.pem).equals(key.privateKey)).toBe(true);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key.privateKey;
    if (alg.startsWith("ES")) {
      const curve = { ES256: "prime256v1", ES384: "secp384r1", ES512: "secp521r1" }[alg as "ES256"];
      expect({ type, curve: details?.namedCurve }).toEqual({ type: "ec", curve });
    } else {
      expect({ type, bits: details?.modulusLength }).toEqual({ type: "rsa", bits: 2048 });
    }
  });

  it("is not the policy's, and not made for an algorithm that the policy's lacks", async () => {
    const policy = await signpath().policy("demo/p-256");
    const { alg, pem } = await throwAwayKey(policy);
    expect(alg).toBe("ES256");
    const token = jsonwebtoken.sign({}, pem, { algorithm: "ES256" });
    const publicKey = await emulator().publicKeyOf("p-256");
    expect(() => jsonwebtoken.verify(token, publicKey)).toThrow(/invalid signature/);
    expect(await codedFailureOf(throwAwayKey(policy, "RS256"))).toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
    });
  });
});
