import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AlgorithmName } from "../../src/key/algorithms.js";
import { normalise, requireFit, requireHash, resolve } from "../../src/key/algorithms.js";
import type { SigningAlgorithmIdentifier } from "../../src/policy/signing-policy.js";
import { codedThrownBy } from "../support/failure.js";
import { ecFacts, HASH_NAMES, rsaFacts } from "./support.js";

function refused(action: () => unknown): string {
  const error = codedThrownBy(action);
  expect(error).toMatchObject({
    code: "ALGORITHM_NOT_SUPPORTED",
    stage: "sign",
    attempts: 0,
    retryable: false,
  });
  return error.message;
}

describe("an algorithm", () => {
  it.each<[SigningAlgorithmIdentifier, object]>([
    ["ECDSA", { name: "ECDSA" }],
    [
      { name: "rsa-pss", hash: "sha-256" },
      { name: "RSA-PSS", hash: "SHA-256" },
    ],
    [
      { name: "rsassa-pkcs1-V1_5", hash: { name: "sHa-1" } },
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" },
    ],
    [
      { name: "RSA-PSS", hash: "SHA-512", saltLength: 64 },
      { name: "RSA-PSS", hash: "SHA-512", saltLength: 64 },
    ],
    [
      { name: "ECDSA", namedCurve: "P-256", hash: undefined },
      { name: "ECDSA", namedCurve: "P-256" },
    ],
  ])("may be given as %j", (given, expected) => {
    const all = { hash: undefined, saltLength: undefined, namedCurve: undefined, ...expected };
    expect(normalise(given)).toEqual(all);
  });

  it.each<[unknown, RegExp]>([
    ["RSA", /"RSA" is not an algorithm that SignPath signs with: RSASSA-PKCS1-v1_5, RSA-PSS, ECDSA are/],
    ["", /"" is not an algorithm/],
    ["__proto__", /is not an algorithm/],
    [{ name: "Ed25519" }, /is not an algorithm/],
    [{ name: "HMAC", hash: "SHA-256" }, /is not an algorithm/],
    [{}, /an algorithm is a name or an object with a name/],
    [null, /an algorithm is a name/],
    [undefined, /an algorithm is a name/],
    [5, /an algorithm is a name/],
    [
      { name: "RSA-PSS", hash: "MD5" },
      /"MD5" is not a hash that SignPath signs: SHA-1, SHA-256, SHA-384, SHA-512 are/,
    ],
    [{ name: "RSA-PSS", hash: { name: "SHA-224" } }, /"SHA-224" is not a hash/],
    [{ name: "RSA-PSS", hash: "SHA256" }, /"SHA256" is not a hash/],
    [{ name: "RSA-PSS", hash: "SHA3-256" }, /is not a hash/],
    [{ name: "RSA-PSS", hash: {} }, /needs a hash/],
    [{ name: "RSA-PSS", hash: 256 }, /"256" is not a hash/],
    [{ name: "RSA-PSS", hash: null }, /is not a hash/],
    [{ name: "x".repeat(1000) }, /^"x{60}" is not/],
  ])("is refused as %j", (given, message) => {
    expect(refused(() => requireHash(normalise(given as string)))).toMatch(message);
  });

  it("must name its hash by the time that it signs; none is assumed", () => {
    for (const name of ["RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA"] as const) {
      expect(refused(() => requireHash(normalise(name)))).toBe(
        `${name} needs a hash: { name: "${name}", hash: "SHA-256" }`,
      );
    }
  });
});

describe("the salt of RSA-PSS", () => {
  const LENGTHS = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

  it.each(HASH_NAMES)("is as long as the hash, %s, and nothing else", (hash) => {
    const length = LENGTHS[hash as keyof typeof LENGTHS];
    expect(resolve("RSA-PSS", hash, undefined).hash.length).toBe(length);
    expect(resolve("RSA-PSS", hash, length)).toBe(resolve("RSA-PSS", hash, undefined));
    for (const other of [0, length - 1, length + 1, 222, -1, Number.NaN]) {
      expect(refused(() => resolve("RSA-PSS", hash, other))).toBe(
        `RSA-PSS with a salt of ${other} bytes is not supported: SignPath's salt is as long as the hash, ${length} bytes for ${hash}`,
      );
    }
  });

  it("is nothing to the other algorithms", () => {
    expect(resolve("RSASSA-PKCS1-v1_5", "SHA-256", 0).wireName).toBe("RsaPkcs1");
    expect(resolve("ECDSA", "SHA-256", 0).wireName).toBe("Ecdsa");
  });
});

describe("a key", () => {
  const rsa = rsaFacts(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey);
  const pss = { ...rsa, key: { ...rsa.key, pss: {} } } as typeof rsa;
  const ec = ecFacts(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey, "P-384");

  it.each<[string, typeof rsa, AlgorithmName, string]>([
    ["an EC key", ec, "RSA-PSS", "RSA-PSS cannot be used with an EC key on P-384: ECDSA can"],
    [
      "an EC key",
      ec,
      "RSASSA-PKCS1-v1_5",
      "RSASSA-PKCS1-v1_5 cannot be used with an EC key on P-384: ECDSA can",
    ],
    ["an RSA key", rsa, "ECDSA", "ECDSA cannot be used with an RSA key: RSASSA-PKCS1-v1_5 and RSA-PSS can"],
    [
      "a key for RSA-PSS only",
      pss,
      "RSASSA-PKCS1-v1_5",
      "RSASSA-PKCS1-v1_5 cannot be used with an RSA key for RSA-PSS only: RSA-PSS can",
    ],
  ])("such as %s does not fit %4$s", (_what, facts, name, message) => {
    expect(refused(() => requireFit(facts, { name }))).toBe(message);
  });

  it("fits its algorithms, and its own curve", () => {
    requireFit(rsa, { name: "RSASSA-PKCS1-v1_5" });
    requireFit(rsa, { name: "RSA-PSS" });
    requireFit(pss, { name: "RSA-PSS" });
    requireFit(ec, { name: "ECDSA" });
    requireFit(ec, { name: "ECDSA", namedCurve: "P-384" });
    requireFit(rsa, { name: "RSA-PSS", namedCurve: "P-384" });
    expect(refused(() => requireFit(ec, { name: "ECDSA", namedCurve: "P-256" }))).toBe(
      'the key is on P-384, not on "P-256"',
    );
  });
});
