import { describe, expect, it } from "vitest";
import type { JwtClaims, SignJwsOptions } from "../../src/toolkit/jose/index.js";
import { jwks, jwsKey, keyParameters, signJws, signJwt } from "../../src/toolkit/jose/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf, thrownBy } from "../support/failure.js";
import { decoded } from "./jose-support.js";

describe("before anything is sent", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const policyOf = (slug: string) => signpath().policy(`demo/${slug}`);

  /** What a call fails with that must not reach the service. */
  const unsent = async <Failure>(attempt: () => Promise<Failure>): Promise<Failure> => {
    const before = sentTo(emulator());
    const failure = await attempt();
    expect(sentTo(emulator())).toBe(before);
    return failure;
  };
  /** Any options, as JavaScript can give them. */
  const jws = async (options: object, payload: unknown = "payload"): Promise<unknown> =>
    signJws(
      payload as string,
      { policy: await policyOf("p-256"), ...options } as SignJwsOptions & {
        serialization?: "compact";
      },
    );
  const jwt = async (claims: unknown, options: object = {}): Promise<string> =>
    signJwt(claims as JwtClaims, { policy: await policyOf("p-256"), ...options });

  it.each([
    ["rsa-2048", "ES256", "RS256, RS384, RS512, PS256, PS384, PS512"],
    ["p-256", "ES384", "ES256"],
    ["p-384", "ES256", "ES384"],
    ["p-521", "RS512", "ES512"],
    ["p-256", "none", "ES256"],
    ["p-256", "HS256", "ES256"],
    ["rsa-2048", "RS1", "RS256, RS384, RS512, PS256, PS384, PS512"],
  ])("a key of %s is refused %s, wherever it is named", async (slug, name, works) => {
    const policy = await policyOf(slug);
    const alg = name as "RS256";
    const failures = await unsent(() =>
      Promise.all([
        codedFailureOf(jws({ policy, alg })),
        codedFailureOf(jws({ policy, header: { alg } })),
        codedFailureOf(jwt({}, { policy, alg })),
        codedFailureOf(jwks({ policy, alg })),
        codedThrownBy(() => jwsKey(policy, alg)),
      ]),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
      expect(failure.message).toContain(`use ${works}. Nothing was sent`);
    }
  });

  it.each([
    [{ serialization: "json" }, /no serialization "json"/],
    [{ b64: "false" }, /b64 must be/],
    [{ detached: 1 }, /detached must be/],
    [{ header: { b64: false } }, /option b64/],
    [{ unprotectedHeader: { b64: false }, serialization: "flattened" }, /option b64/],
    [{ unprotectedHeader: { kid: "x" } }, /compact serialization has no unprotectedHeader/],
    [{ unprotectedHeader: { crit: ["x"] }, serialization: "flattened" }, /crit must be signed/],
    [{ unprotectedHeader: { alg: "ES256" }, serialization: "flattened" }, /"alg" is in the protected/],
    [{ unprotectedHeader: { kid: "x" }, kid: "y", serialization: "general" }, /"kid" is in the protected/],
    [{ header: { kid: "x" }, kid: true }, /kid is both/],
    [{ header: { x5c: ["x"] }, x5c: true }, /x5c is both/],
    [{ header: { x5c: ["x"] } }, /x5c is not the certificate of signing policy demo\/p-256/],
    [{ unprotectedHeader: { "x5t#S256": "x" }, serialization: "general" }, /x5t#S256 is not the certificate/],
    [{ header: { jwk: { kty: "EC", d: "x" } } }, /public key, and this one is private/],
    [{ header: { jwk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } } }, /jwk is not the public key of/],
    [{ unprotectedHeader: { jwk: "x" }, serialization: "general" }, /jwk is not the public key of/],
    [{ header: { alg: "ES384" }, alg: "ES256" }, /"ES384" in the header/],
    [{ header: { typ: 1 } }, /typ in header must be a text/],
    [{ header: { crit: [] } }, /crit must be a list/],
    [{ header: { crit: "exp" } }, /crit must be a list/],
    [{ header: { crit: [1] } }, /crit must be a list/],
    [{ header: { crit: ["exp"] } }, /"exp", which the header lacks/],
    [{ header: { crit: ["toString"] } }, /which the header lacks/],
    [{ header: { crit: ["typ"], typ: "x" } }, /must not list typ/],
    [{ header: { crit: ["x", "x"], x: 1 } }, /twice/],
    [{ header: { crit: ["b64"] }, b64: false }, /"b64", which the header lacks/],
    [{ kid: 1 }, /kid must be/],
    [{ x5c: ["no certificate"] }, /certificate 1 of those given cannot be read/],
    [{ policy: undefined, signers: [], serialization: "general" }, /one at least/],
    [{ signers: [], serialization: "general" }, /take the place of policy/],
    [{ policy: undefined, signers: [] }, /compact serialization has one signer/],
  ])("options that make no JWS are refused: %j", async (options, message) => {
    const failure = await unsent(() => codedFailureOf(jws(options)));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(failure.message).toMatch(message);
  });

  it("a JWK Set has no key id that is no text", async () => {
    const policy = await policyOf("p-256");
    expect(await codedFailureOf(jwks({ policy, kid: 5 as never }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("kid must be a text"),
    });
  });

  it("nobody signs where one of several signers cannot", async () => {
    const [first, second] = await Promise.all([policyOf("p-256"), policyOf("rsa-2048")]);
    const signers = [{ policy: first }, { policy: second, alg: "ES256" }];
    const options = { policy: undefined, signers, serialization: "general" };
    expect(await unsent(() => codedFailureOf(jws(options)))).toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
    });
  });

  it.each([
    ["a.b", "compact", /without a period/],
    ["ä", "compact", /printable ASCII/],
    ["line\n", "compact", /printable ASCII/],
    ["\u001f", "compact", /printable ASCII/],
    ["\u007f", "compact", /printable ASCII/],
    [Uint8Array.of(0xff), "flattened", /UTF-8 only/],
    [Uint8Array.of(0xed, 0xa0, 0x80), "general", /UTF-8 only/],
    ["\ud83d", "flattened", /surrogate/],
  ])(
    "a payload that cannot stand there as it is is refused: %j, %s",
    async (payload, serialization, message) => {
      const failure = await unsent(() => codedFailureOf(jws({ serialization, b64: false }, payload)));
      expect(failure.code).toBe("CONFIG_INVALID");
      expect(failure.message).toMatch(message);
    },
  );

  it("arguments of the wrong kind are TypeErrors", async () => {
    const policy = await policyOf("p-256");
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const failures = await unsent(() =>
      Promise.all([
        ...[undefined, null, 1, {}, [1]].map((payload) => failureOf(signJws(payload as never, { policy }))),
        ...[undefined, null, {}, "demo/p-256"].map((each) => failureOf(jws({ policy: each }))),
        ...[null, [], "x", () => 0].map((header) => failureOf(jws({ header }))),
        failureOf(jws({ header: circular })),
        failureOf(jws({ header: { x: 1n } })),
        failureOf(jws({ signal: "now" })),
        ...[undefined, null, [], "text", 1].map((claims) => failureOf(jwt(claims))),
        failureOf(jwt(circular)),
        failureOf(jwks({ policy: {} as never })),
        failureOf(keyParameters({} as never, { kid: true })),
        thrownBy(() => jwsKey({} as never)),
      ]),
    );
    for (const failure of failures) expect(failure).toBeInstanceOf(TypeError);
  });

  it("a policy without a certificate is unusable, and an aborted call ended", async () => {
    const gpg = await policyOf("gpg");
    const signal = AbortSignal.abort();
    const failures = await unsent(() =>
      Promise.all([
        codedFailureOf(jws({ policy: gpg })),
        codedFailureOf(jwks(gpg)),
        codedFailureOf(jws({ signal })),
        codedFailureOf(jwt({}, { signal })),
      ]),
    );
    expect(failures.map(({ code }) => code)).toEqual([
      ...["POLICY_UNUSABLE", "POLICY_UNUSABLE", "ABORTED", "ABORTED"],
    ]);
  });

  it.each([
    [{ exp: "1" }, {}, /exp must be a number/],
    [{ exp: Number.NaN }, {}, /exp must be a number/],
    [{ nbf: -1 }, {}, /nbf must be a number/],
    [{ iat: new Date() }, {}, /iat must be a number/],
    [{ exp: Date.now() }, {}, /looks like milliseconds/],
    [{ exp: 1 }, { expiresIn: 1 }, /exp is in the claims/],
    [{ nbf: 1 }, { notBefore: 1 }, /nbf is in the claims/],
    [{ iat: 1 }, { issuedAt: false }, /issuedAt is false/],
    [{}, { issuedAt: 1 }, /issuedAt must be/],
    [{}, { expiresIn: "5m" }, /number of seconds, not "5m"/],
    [{}, { expiresIn: Number.POSITIVE_INFINITY }, /number of seconds/],
    [{}, { expiresIn: 0 }, /more than 0/],
    [{}, { expiresIn: 1e13 }, /looks like milliseconds/],
    [{}, { expiresIn: 60, notBefore: 60 }, /exp must be later than nbf/],
    [{ nbf: 2, exp: 1 }, {}, /exp must be later than nbf/],
    [{ iss: 1 }, {}, /iss must be a text/],
    [{ sub: null }, {}, /sub must be a text/],
    [{ jti: {} }, {}, /jti must be a text/],
    [{ toJSON: () => ({ exp: "1" }) }, {}, /exp must be a number/],
    [{ toJSON: () => ({ nbf: null }) }, {}, /nbf must be a number/],
    [{ aud: 1 }, {}, /aud must be/],
    [{ aud: null }, {}, /aud must be/],
    [{ aud: ["a", ["b"]] }, {}, /aud must be/],
    [{}, { header: { b64: false } }, /option b64/],
  ])("claims that RFC 7519 does not have are refused: %j with %j", async (claims, options, message) => {
    const failure = await unsent(() => codedFailureOf(jwt(claims, options)));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(failure.message).toMatch(message);
  });

  it("times count from the iat that is given, iat can be left out, and typ is another where the header says so", async () => {
    const claims = { iat: 1000, "http://example.com/own": null, undefined: undefined };
    const token = await jwt(claims, {
      expiresIn: 60,
      notBefore: -5,
      header: { typ: "at+jwt", cty: undefined },
    });
    expect(decoded(token).header).toEqual({ typ: "at+jwt", alg: "ES256" });
    expect(JSON.parse(decoded(token).payload)).toEqual({
      "http://example.com/own": null,
      iat: 1000,
      nbf: 995,
      exp: 1060,
    });
    expect(JSON.parse(decoded(await jwt({}, { issuedAt: false })).payload)).toEqual({});
  });
});

describe("a call that is aborted on its way", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it("fails with ABORTED at once", async () => {
    const policy = await signpath().policy("demo/p-256");
    emulator().addFault({ kind: "latency", ms: 5000, count: 1, route: "signingRequests" });
    const controller = new AbortController();
    const began = Date.now();
    const signing = codedFailureOf(signJws("payload", { policy, signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect(await signing).toMatchObject({ code: "ABORTED" });
    expect(Date.now() - began).toBeLessThan(4000);
  });
});
