import type { KeyObject } from "node:crypto";
import { constants, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect } from "vitest";
import { python } from "./python.js";
import { testWith } from "./verifiers.js";

const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OTHER = generateKeyPairSync("ec", { namedCurve: "P-256" });

const base64url = (value: string | Buffer): string => Buffer.from(value).toString("base64url");

/** A token by Node alone, so that the verifier is tested without what it is to verify. */
function token(
  alg: "RS256" | "PS256" | "ES256",
  key: KeyObject,
  payload: string | Buffer,
  header = {},
): string {
  const input = `${base64url(JSON.stringify({ alg, ...header }))}.${base64url(payload)}`;
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const more = { RS256: {}, PS256: padding, ES256: { dsaEncoding: "ieee-p1363" as const } }[alg];
  return `${input}.${base64url(sign("sha256", Buffer.from(input), { key, ...more }))}`;
}

const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const verify = (input: object): Promise<unknown> => python("python-jwt", "verify_jwt.py", input);

describe("PyJWT as a verifier", () => {
  for (const [alg, { privateKey, publicKey }] of [
    ["RS256", RSA],
    ["PS256", RSA],
    ["ES256", EC],
  ] as const) {
    testWith("python-jwt", `gives the claims of a good token by ${alg}`, async () => {
      const claims = { iss: "somebody", aud: "somewhere", exp: Math.floor(Date.now() / 1000) + 60 };
      const signed = token(alg, privateKey, JSON.stringify(claims), { typ: "JWT" });
      const request = { token: signed, keyPem: pem(publicKey), algorithms: [alg], isJwt: true };
      expect(await verify({ ...request, audience: "somewhere", issuer: "somebody" })).toEqual({
        ok: true,
        header: { alg, typ: "JWT" },
        payload: Buffer.from(JSON.stringify(claims)).toString("base64"),
        claims,
      });
      expect(await verify({ ...request, audience: "elsewhere" })).toMatchObject({ ok: false });
    });
  }

  testWith(
    "python-jwt",
    "takes a payload that is no JSON, and one that is detached and not encoded",
    async () => {
      const bytes = Buffer.from([0, 255, 10]);
      const attached = token("ES256", EC.privateKey, bytes);
      const request = { keyPem: pem(EC.publicKey), algorithms: ["ES256"] };
      const good = { ok: true, payload: bytes.toString("base64") };
      expect(await verify({ ...request, token: attached })).toMatchObject(good);

      const header = base64url(JSON.stringify({ alg: "ES256", b64: false, crit: ["b64"] }));
      const input = Buffer.concat([Buffer.from(`${header}.`), bytes]);
      const signature = sign("sha256", input, { key: EC.privateKey, dsaEncoding: "ieee-p1363" });
      const detached = { ...request, token: `${header}..${base64url(signature)}` };
      expect(await verify({ ...detached, detachedPayload: bytes.toString("base64") })).toMatchObject(good);
      expect(await verify({ ...detached, detachedPayload: "AAAA" })).toMatchObject({ ok: false });
    },
  );

  testWith(
    "python-jwt",
    "rejects a changed payload, another key and an algorithm that was not named",
    async () => {
      const good = token("ES256", EC.privateKey, "payload");
      const request = { token: good, keyPem: pem(EC.publicKey), algorithms: ["ES256"] };
      expect(await verify(request)).toMatchObject({ ok: true });
      const [header, , signature] = good.split(".");
      const changed = `${header}.${base64url("Payload")}.${signature}`;
      expect(await verify({ ...request, token: changed })).toMatchObject({ ok: false });
      expect(await verify({ ...request, keyPem: pem(OTHER.publicKey) })).toMatchObject({ ok: false });
      expect(await verify({ ...request, algorithms: ["ES384"] })).toMatchObject({ ok: false });
    },
  );

  testWith("python-jwt", "that could not read its input is no verdict", async () => {
    await expect(verify({})).rejects.toThrow(/verify_jwt\.py ended with 1/);
  });

  testWith(
    "python-jwt",
    "answers each of many that ask at once, also after one that it could not read",
    async () => {
      const keyPem = pem(EC.publicKey);
      const numbers = Array.from({ length: 8 }, (_, index) => index);
      const asked = numbers.map((number) => {
        const request = { token: token("ES256", EC.privateKey, `ä ${number}`), keyPem };
        return verify(number % 4 === 1 ? request : { ...request, algorithms: ["ES256"] });
      });
      const answers = await Promise.allSettled(asked);
      const good = (number: number) => ({
        status: "fulfilled",
        value: expect.objectContaining({ ok: true, payload: Buffer.from(`ä ${number}`).toString("base64") }),
      });
      const rejected = { status: "rejected", reason: expect.any(Error) };
      expect(answers).toEqual(numbers.map((number) => (number % 4 === 1 ? rejected : good(number))));
    },
  );
});
