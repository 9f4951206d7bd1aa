import { webcrypto } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { bindingOf, isSignPathCryptoKey, SignPathCryptoKey } from "../../src/key/crypto-key.js";
import type { SigningAlgorithmIdentifier, SigningPolicy } from "../../src/policy/signing-policy.js";
import { subtle } from "../../src/subtle/composite.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf, thrownBy } from "../support/failure.js";

const CANARY = "canary+AIkzqd7YhR/secret=";
const DATA = Buffer.from("what is to be signed");
const F4 = new Uint8Array([1, 0, 1]);

const emulator = useEmulator({ apiToken: CANARY });
const signpath = useSignPath(emulator);
const policies = new Map<string, SigningPolicy>();
beforeAll(async () => {
  for (const slug of ["rsa-2048", "rsa-3072", "p-256", "p-384", "p-521", "gpg"])
    policies.set(slug, await signpath().policy(`demo/${slug}`));
});

function policy(slug: string): SigningPolicy {
  const found = policies.get(slug);
  if (found === undefined) throw new Error(slug);
  return found;
}

type Kind = readonly [slug: string, given: SigningAlgorithmIdentifier, algorithm: object];

const KINDS: readonly Kind[] = [
  [
    "rsa-2048",
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: F4, hash: { name: "SHA-256" } },
  ],
  [
    "rsa-3072",
    { name: "rsassa-pkcs1-V1_5", hash: { name: "sha-1" } },
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 3072, publicExponent: F4, hash: { name: "SHA-1" } },
  ],
  [
    "rsa-2048",
    { name: "rsa-pss", hash: "sha-512", saltLength: 64 },
    { name: "RSA-PSS", modulusLength: 2048, publicExponent: F4, hash: { name: "SHA-512" }, saltLength: 64 },
  ],
  [
    "rsa-3072",
    { name: "RSA-PSS", hash: { name: "SHA-384" } },
    { name: "RSA-PSS", modulusLength: 3072, publicExponent: F4, hash: { name: "SHA-384" }, saltLength: 48 },
  ],
  ["p-256", "ECDSA", { name: "ECDSA", namedCurve: "P-256" }],
  ["p-384", { name: "ecdsa", namedCurve: "P-384" }, { name: "ECDSA", namedCurve: "P-384" }],
  [
    "p-521",
    { name: "ECDSA", hash: "SHA-512" },
    { name: "ECDSA", namedCurve: "P-521", hash: { name: "SHA-512" } },
  ],
];

describe.each(KINDS)("a private key of demo/%s for %o", (slug, given, algorithm) => {
  const made = (): CryptoKey => policy(slug).privateKey(given);

  it("is a CryptoKey to whoever asks", () => {
    const key = made();
    expect(key).toBeInstanceOf(CryptoKey);
    expect(key).toBeInstanceOf(SignPathCryptoKey);
    expect(Object.prototype.toString.call(key)).toBe("[object CryptoKey]");
    expect(key.type).toBe("private");
    expect(key.extractable).toBe(false);
    expect(key.usages).toEqual(["sign"]);
    expect(isSignPathCryptoKey(key)).toBe(true);
    expect(bindingOf(key as unknown as SignPathCryptoKey).name).toBe(key.algorithm.name);
  });

  it("has the algorithm that WebCrypto gives such a key, with its numbers as numbers", () => {
    expect(made().algorithm).toEqual(algorithm);
    const { publicExponent } = made().algorithm as RsaKeyAlgorithm;
    if (slug.startsWith("rsa"))
      expect(Object.prototype.toString.call(publicExponent)).toBe("[object Uint8Array]");
  });

  it("belongs to the public key, which is a native one for the same algorithm", async () => {
    const { publicKey, privateKey } = await policy(slug).keyPair(given);
    expect(publicKey).toBeInstanceOf(CryptoKey);
    expect(isSignPathCryptoKey(publicKey)).toBe(false);
    expect([publicKey.type, publicKey.extractable, publicKey.usages]).toEqual(["public", true, ["verify"]]);
    expect(privateKey.algorithm).toMatchObject(publicKey.algorithm);
    const used = { ...privateKey.algorithm, hash: { name: "SHA-256" }, ...privateKey.algorithm };
    const signature = await subtle.sign(used, privateKey, DATA);
    expect(await webcrypto.subtle.verify(used, publicKey, signature, DATA)).toBe(true);
  });

  it("tells nothing that is secret", () => {
    const key = made();
    const texts = [
      inspect(key, { depth: 20, showHidden: true, getters: true }),
      inspect(key, { depth: 20, showHidden: true, customInspect: false }),
      inspect({ nested: [key] }, { depth: 20 }),
      JSON.stringify(key),
      JSON.stringify({ ...key }),
      inspect(structuredClone(key), { depth: 20, showHidden: true }),
      String(key),
    ];
    for (const text of texts) expect(text).not.toContain("canary");
    expect(texts[0]).toContain(`demo/${slug}`);
    expect(texts[0]).toContain("extractable: false");
    expect(Object.keys(key)).toEqual([]);
    expect(Reflect.ownKeys(key)).toEqual([]);
    for (const name in key) expect.fail(name);
  });

  it("loses its power where it is cloned", async () => {
    const before = emulator().requests.length;
    const used = { hash: "SHA-256", ...(made().algorithm as KeyAlgorithm) };
    for (const copy of [structuredClone(made()), { ...made() }, Object.create(made())])
      expect(await failureOf(subtle.sign(used, copy as CryptoKey, DATA))).toBeInstanceOf(TypeError);
    expect(emulator().requests).toHaveLength(before);
  });
});

describe("a private key", () => {
  it("cannot be made by its class", () => {
    const make = SignPathCryptoKey as unknown as new (...args: unknown[]) => unknown;
    for (const args of [[], [undefined, {}], [null, {}], [{}, {}]]) {
      const failure = thrownBy(() => new make(...args));
      expect(failure).toBeInstanceOf(TypeError);
      expect(String(failure)).toMatch(/Illegal constructor/);
    }
  });

  it("is told from everything that is none", () => {
    const fake = Object.create(SignPathCryptoKey.prototype) as SignPathCryptoKey;
    for (const value of [undefined, null, 5, "key", {}, fake, () => undefined])
      expect(isSignPathCryptoKey(value)).toBe(false);
    expect(thrownBy(() => bindingOf(fake))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => fake.algorithm)).toBeInstanceOf(TypeError);
  });

  it("can be a key of maps and sets", () => {
    const [one, two] = [policy("p-256").privateKey("ECDSA"), policy("p-256").privateKey("ECDSA")];
    const map = new WeakMap([[one, 1]]);
    expect([map.get(one), map.get(two)]).toEqual([1, undefined]);
    expect(new WeakSet([one]).has(one)).toBe(true);
    expect(new Set([one, two, one]).size).toBe(2);
  });

  it("cannot be written on", () => {
    const key = policy("p-256").privateKey("ECDSA");
    for (const name of ["type", "extractable", "algorithm", "usages"])
      expect(Reflect.set(key, name, "mine")).toBe(false);
    key.usages.push("verify");
    expect(key.usages).toEqual(["sign"]);
  });

  it.each(["RSASSA-PKCS1-v1_5", "RSA-PSS"])(
    "signs what it was made for, whatever is written into its algorithm: %s",
    async (name) => {
      const key = policy("rsa-2048").privateKey({ name, hash: "SHA-256" });
      const algorithm = key.algorithm as RsaHashedKeyAlgorithm & { saltLength?: number };
      tryTo(() => Object.assign(algorithm.hash, { name: "SHA-1" }));
      tryTo(() => Object.assign(algorithm, { saltLength: 20 }));
      const before = emulator().requests.length;
      const failure = await codedFailureOf(subtle.sign({ name, hash: "SHA-1" } as Algorithm, key, DATA));
      expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
      expect(emulator().requests).toHaveLength(before);

      const signature = await subtle.sign({ name } as Algorithm, key, DATA);
      expect(emulator().signingRequests.at(-1)).toMatchObject({ hashAlgorithm: "2.16.840.1.101.3.4.2.1" });
      const publicKey = await policy("rsa-2048").publicKey({ name, hash: "SHA-256" });
      const used = { name, saltLength: 32 };
      expect(await webcrypto.subtle.verify(used, publicKey, signature, DATA)).toBe(true);
      // Nor do other keys of the policy change with it.
      expect(policy("rsa-2048").privateKey({ name, hash: "SHA-256" }).algorithm).toMatchObject({
        hash: { name: "SHA-256" },
      });
    },
  );

  it("signs by its own name, whatever is written into its algorithm", async () => {
    const key = policy("rsa-2048").privateKey({ name: "RSA-PSS", hash: "SHA-256" });
    tryTo(() => Object.assign(key.algorithm, { name: "RSASSA-PKCS1-v1_5" }));
    const given = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    expect(await failureOf(subtle.sign(given, key, DATA))).toMatchObject({ name: "InvalidAccessError" });
    await subtle.sign("RSA-PSS", key, DATA);
    expect(emulator().signingRequests.at(-1)).toMatchObject({ algorithm: "RsaPss" });
  });

  it("does not follow the object that it was made from", async () => {
    const given = { name: "ECDSA", hash: { name: "SHA-256" } };
    const key = policy("p-256").privateKey(given);
    given.hash.name = "SHA-1";
    given.name = "RSA-PSS";
    expect(key.algorithm).toEqual({ name: "ECDSA", namedCurve: "P-256", hash: { name: "SHA-256" } });
    await subtle.sign("ECDSA", key, DATA);
    expect(emulator().signingRequests.at(-1)?.hash).toHaveLength(64);
  });
});

describe.each<[string, (slug: string, given: SigningAlgorithmIdentifier) => Promise<unknown>]>([
  ["privateKey", async (slug, given) => policy(slug).privateKey(given)],
  ["publicKey", (slug, given) => policy(slug).publicKey(given)],
  ["keyPair", (slug, given) => policy(slug).keyPair(given)],
  ["signHash", (slug, given) => policy(slug).signHash(new Uint8Array(32), given)],
  ["signStream", (slug, given) => policy(slug).signStream(DATA, given)],
])("%s", (operation, call) => {
  it.each<[string, string, unknown, RegExp]>([
    ["an unknown name", "rsa-2048", { name: "RSA-OAEP", hash: "SHA-256" }, /"RSA-OAEP" is not an algorithm/],
    ["Ed25519", "p-256", "Ed25519", /"Ed25519" is not an algorithm.*RSASSA-PKCS1-v1_5, RSA-PSS, ECDSA/],
    ["HMAC", "rsa-2048", { name: "HMAC", hash: "SHA-256" }, /"HMAC"/],
    ["the name of a member of every object", "rsa-2048", { name: "toString", hash: "SHA-256" }, /"toString"/],
    ["an unknown hash", "rsa-2048", { name: "RSA-PSS", hash: "SHA-224" }, /"SHA-224" is not a hash/],
    ["MD5", "rsa-2048", { name: "RSASSA-PKCS1-v1_5", hash: "MD5" }, /"MD5" is not a hash/],
    ["MD5 as an object", "p-256", { name: "ECDSA", hash: { name: "MD5" } }, /"MD5" is not a hash/],
    ["Node's name of a hash", "rsa-2048", { name: "RSA-PSS", hash: "sha256" }, /"sha256" is not a hash/],
    ["a hash that is a number", "rsa-2048", { name: "RSA-PSS", hash: 256 }, /"256" is not a hash/],
    ["no salt", "rsa-2048", { name: "RSA-PSS", hash: "SHA-256", saltLength: 0 }, /salt of 0 bytes/],
    ["another salt", "rsa-2048", { name: "RSA-PSS", hash: "SHA-256", saltLength: 20 }, /salt of 20 bytes/],
    [
      "ECDSA for an RSA key",
      "rsa-3072",
      { name: "ECDSA", hash: "SHA-256" },
      /ECDSA cannot be used with an RSA key: RSASSA-PKCS1-v1_5 and RSA-PSS can/,
    ],
    [
      "RSA-PSS for an EC key",
      "p-256",
      { name: "RSA-PSS", hash: "SHA-256" },
      /RSA-PSS cannot be used with an EC key on P-256: ECDSA can/,
    ],
    [
      "PKCS#1 for an EC key",
      "p-521",
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
      /an EC key on P-521: ECDSA can/,
    ],
    [
      "another curve",
      "p-384",
      { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
      /the key is on P-384, not on "P-256"/,
    ],
    [
      "a curve in other case",
      "p-384",
      { name: "ECDSA", hash: "SHA-256", namedCurve: "p-384" },
      /not on "p-384"/,
    ],
    ["nothing", "rsa-2048", undefined, /an algorithm is a name or an object with a name/],
    ["null", "rsa-2048", null, /a name or an object/],
    ["a number", "rsa-2048", 5, /a name or an object/],
    ["an object without a name", "rsa-2048", { hash: "SHA-256" }, /a name or an object/],
  ])("refuses %s, and sends nothing", async (_title, slug, given, message) => {
    const before = emulator().requests.length;
    const failure = await codedFailureOf(call(slug, given as SigningAlgorithmIdentifier));
    expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0, retryable: false });
    expect(failure.message).toMatch(message);
    expect(emulator().requests).toHaveLength(before);
  });

  it.each(["RSASSA-PKCS1-v1_5", "RSA-PSS", ...(operation.startsWith("sign") ? ["ECDSA"] : [])])(
    "wants %s with a hash",
    async (name) => {
      const slug = name === "ECDSA" ? "p-256" : "rsa-2048";
      const before = emulator().requests.length;
      for (const given of [name, { name }, { name, hash: undefined }]) {
        const failure = await codedFailureOf(call(slug, given));
        expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
        expect(failure.message).toContain(`${name} needs a hash: { name: "${name}", hash: "SHA-256" }`);
      }
      expect(emulator().requests).toHaveLength(before);
    },
  );

  it("refuses a policy without an X.509 certificate", async () => {
    const before = emulator().requests.length;
    const failure = await codedFailureOf(call("gpg", { name: "RSA-PSS", hash: "SHA-256" }));
    expect(failure).toMatchObject({ code: "POLICY_UNUSABLE", stage: "policy", attempts: 0 });
    expect(failure.message).toMatch(/demo\/gpg cannot be used.*Gpg/);
    expect(emulator().requests).toHaveLength(before);
  });
});

it("a refusal of privateKey is thrown at once", () => {
  expect(codedThrownBy(() => policy("p-256").privateKey("RSA-PSS"))).toMatchObject({
    code: "ALGORITHM_NOT_SUPPORTED",
  });
});

/** Does what may be forbidden: a frozen object is as good as one that nobody looks at. */
function tryTo(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
