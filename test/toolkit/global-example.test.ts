import { join, resolve } from "node:path";
import { describe, expect } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { python } from "../support/python.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";

const EXAMPLE = join(resolve("examples"), "global.mjs");

describe("global.mjs", () => {
  const emulator = useEmulator();

  for (const [slug, alg] of [
    ["rsa-2048", "RS256"],
    ["p-256", "ES256"],
    ["p-384", "ES384"],
    ["p-521", "ES512"],
  ] as const) {
    testWith("python-jwt", `prints a JWT by demo/${slug} that PyJWT takes, and a JWKS`, async () => {
      const env = { ...process.env, ...emulator().environment };
      const args = [EXAMPLE, `demo/${slug}`];
      const { status, stdout, stderr } = await run(process.execPath, args, { cwd: temporaryFolder(), env });
      expect([status, stderr]).toEqual([0, ""]);
      const [token = "", jwks = ""] = stdout.split("\n");
      const keyPem = await emulator().publicKeyOf(slug);
      const request = { token, keyPem, algorithms: [alg], isJwt: true, issuer: "https://issuer.example" };
      expect(await python("python-jwt", "verify_jwt.py", request)).toMatchObject({
        ok: true,
        header: { alg, typ: "JWT" },
        claims: { "urn:example:claim": true },
      });
      expect(JSON.parse(jwks)).toMatchObject({ keys: [{ alg, use: "sig" }] });
    });
  }
});
