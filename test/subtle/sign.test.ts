import { webcrypto } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { SignPathError } from "../../src/base/errors.js";
import type { SignPathCryptoKey } from "../../src/key/crypto-key.js";
import type { SigningPolicy } from "../../src/policy/signing-policy.js";
import { subtle } from "../../src/subtle/composite.js";
import { signWithKey } from "../../src/subtle/sign.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";

const MIB = 1024 * 1024;
const DATA = Buffer.from("signed with a key that is elsewhere");

const SIGNERS = [
  ["rsa-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, 256],
  ["rsa-2048", { name: "RSA-PSS", hash: "SHA-512", saltLength: 64 }, 256],
  ["p-256", { name: "ECDSA", hash: "SHA-256" }, 64],
  ["p-521", { name: "ECDSA", hash: "SHA-384" }, 132],
] as const;

const emulator = useEmulator();
const signpath = useSignPath(emulator);
let rsa: SigningPolicy;
let ec: SigningPolicy;
beforeAll(async () => {
  [rsa, ec] = await Promise.all([signpath().policy("demo/rsa-2048"), signpath().policy("demo/p-256")]);
});

function asked(): number {
  return emulator().requests.length;
}

describe.each(SIGNERS)("subtle.sign with a key of demo/%s and %o", (slug, algorithm, length) => {
  const made = async (): Promise<CryptoKeyPair> =>
    (await signpath().policy(`demo/${slug}`)).keyPair(algorithm);
  const isOf = (publicKey: CryptoKey, signature: ArrayBuffer, data: Uint8Array): Promise<boolean> =>
    webcrypto.subtle.verify(algorithm, publicKey, signature, new Uint8Array(data));

  it.each<[string, (data: Buffer) => BufferSource]>([
    ["a Uint8Array", (data) => new Uint8Array(data)],
    ["an ArrayBuffer", (data) => new Uint8Array(data).buffer],
    ["a view in the middle of a buffer", (data) => new Uint8Array([1, 2, ...data, 3]).subarray(2, -1)],
    ["a DataView", (data) => new DataView(new Uint8Array([1, ...data, 3]).buffer, 1, data.length)],
    ["a Buffer of Node's pool", (data) => Buffer.from(data) as Uint8Array<ArrayBuffer>],
  ])("signs %s", async (_title, make) => {
    const { privateKey, publicKey } = await made();
    for (const data of [DATA, Buffer.of(), Buffer.of(0)]) {
      const signature = await subtle.sign(algorithm, privateKey, make(data));
      expect(await isOf(publicKey, signature, data)).toBe(true);
      expect(await isOf(publicKey, signature, Buffer.concat([data, Buffer.of(0)]))).toBe(false);
    }
  });

  it("gives a fresh ArrayBuffer, exactly as long as the signature, each time", async () => {
    const { privateKey } = await made();
    const [first, second] = [
      await subtle.sign(algorithm, privateKey, DATA),
      await subtle.sign(algorithm, privateKey, DATA),
    ];
    for (const signature of [first, second]) {
      expect(Object.prototype.toString.call(signature)).toBe("[object ArrayBuffer]");
      expect(signature).toBeInstanceOf(ArrayBuffer);
      expect(signature.byteLength).toBe(length);
    }
    expect(first).not.toBe(second);
    new Uint8Array(first).fill(0);
    expect(new Uint8Array(second).some((byte) => byte !== 0)).toBe(true);
  });

  it.each([0, 1, 1000, MIB - 1, MIB, MIB + 1, 3 * MIB])(
    "signs what %d bytes were at the time of the call",
    async (size) => {
      const { privateKey, publicKey } = await made();
      const data = new Uint8Array(size).fill(7);
      const signing = subtle.sign(algorithm, privateKey, data);
      data.fill(8);
      expect(await isOf(publicKey, await signing, new Uint8Array(size).fill(7))).toBe(true);
    },
  );

  it("takes the key's own algorithm for its argument, and names in any case", async () => {
    const { privateKey, publicKey } = await made();
    const hash = algorithm.hash.toLowerCase();
    for (const given of [
      { ...privateKey.algorithm, hash: algorithm.hash },
      { name: algorithm.name.toLowerCase(), hash: { name: hash } },
      { name: algorithm.name.toUpperCase(), hash },
    ])
      expect(await isOf(publicKey, await subtle.sign(given, privateKey, DATA), DATA)).toBe(true);
    if (algorithm.name !== "ECDSA")
      expect(await isOf(publicKey, await subtle.sign(algorithm.name, privateKey, DATA), DATA)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "text"],
    ["an array", [1, 2, 3]],
    ["a Blob", new Blob(["a"])],
  ])("refuses %s as data with a TypeError, and sends nothing", async (_title, data) => {
    const { privateKey } = await made();
    const before = asked();
    expect(await failureOf(subtle.sign(algorithm, privateKey, data as BufferSource))).toBeInstanceOf(
      TypeError,
    );
    expect(asked()).toBe(before);
  });
});

describe("a key of an RSA policy", () => {
  const pkcs1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const pss = { name: "RSA-PSS", hash: "SHA-256" };

  it.each<[string, typeof pss, unknown, string, RegExp]>([
    ["the other padding", pkcs1, pss, "InvalidAccessError", /for RSASSA-PKCS1-v1_5, not for RSA-PSS/],
    [
      "the other padding by name",
      pss,
      "RSASSA-PKCS1-v1_5",
      "InvalidAccessError",
      /for RSA-PSS, not for RSASSA/,
    ],
    ["ECDSA", pkcs1, { name: "ECDSA", hash: "SHA-256" }, "InvalidAccessError", /not for ECDSA/],
    [
      "another hash than its own",
      pkcs1,
      { ...pkcs1, hash: "SHA-512" },
      "InvalidAccessError",
      /SHA-256, not for SHA-512/,
    ],
    [
      "another hash than its own as an object",
      pss,
      { ...pss, hash: { name: "sha-1" } },
      "InvalidAccessError",
      /SHA-256, not for SHA-1/,
    ],
    [
      "no salt",
      pss,
      { ...pss, saltLength: 0 },
      "NotSupportedError",
      /salt of 0 bytes.*as long as the hash, 32 bytes for SHA-256/,
    ],
    ["a shorter salt", pss, { ...pss, saltLength: 20 }, "NotSupportedError", /salt of 20 bytes/],
    ["a longer salt", pss, { ...pss, saltLength: 33 }, "NotSupportedError", /salt of 33 bytes/],
    [
      "a salt that is no number",
      pss,
      { ...pss, saltLength: "long" },
      "NotSupportedError",
      /salt of NaN bytes/,
    ],
    [
      "MD5",
      pkcs1,
      { ...pkcs1, hash: "MD5" },
      "NotSupportedError",
      /"MD5" is not a hash.*SHA-1, SHA-256, SHA-384, SHA-512/,
    ],
    ["a hash that there is not", pkcs1, { ...pkcs1, hash: "SHA-257" }, "NotSupportedError", /"SHA-257"/],
    ["SHA3", pkcs1, { ...pkcs1, hash: { name: "SHA3-256" } }, "NotSupportedError", /"SHA3-256"/],
    [
      "the hash of a prototype",
      pkcs1,
      { ...pkcs1, hash: "constructor" },
      "NotSupportedError",
      /"constructor"/,
    ],
    [
      "HMAC",
      pkcs1,
      { name: "HMAC", hash: "SHA-256" },
      "NotSupportedError",
      /"HMAC" is not an algorithm.*RSASSA-PKCS1-v1_5, RSA-PSS, ECDSA/,
    ],
    ["Ed25519", pkcs1, "Ed25519", "NotSupportedError", /"Ed25519"/],
    ["an algorithm of a prototype", pkcs1, "__proto__", "NotSupportedError", /"__proto__"/],
    ["no name", pkcs1, {}, "NotSupportedError", /name or an object with a name/],
    ["no algorithm", pkcs1, undefined, "NotSupportedError", /name or an object with a name/],
  ])(
    "refuses %s by the specification's name, and sends nothing",
    async (_title, own, given, name, message) => {
      const key = rsa.privateKey(own);
      const before = asked();
      const exception = await failureOf(subtle.sign(given as AlgorithmIdentifier, key, DATA));
      expect(exception).toBeInstanceOf(DOMException);
      expect(exception).toMatchObject({ name, message: expect.stringMatching(message) });
      const { cause } = exception as DOMException;
      expect(cause).toBeInstanceOf(SignPathError);
      expect(cause).toMatchObject({
        code: "ALGORITHM_NOT_SUPPORTED",
        stage: "sign",
        attempts: 0,
        retryable: false,
      });
      expect(asked()).toBe(before);
    },
  );

  it("does not look at a salt length for PKCS#1, which has none", async () => {
    const key = rsa.privateKey(pkcs1);
    const signature = await subtle.sign({ ...pkcs1, saltLength: 5 } as AlgorithmIdentifier, key, DATA);
    expect(await webcrypto.subtle.verify(pkcs1, await rsa.publicKey(pkcs1), signature, DATA)).toBe(true);
  });
});

describe("a key of an EC policy", () => {
  it("signs by the hash of each call where it is bound to none", async () => {
    const key = ec.privateKey("ECDSA");
    const publicKey = await ec.publicKey("ECDSA");
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
      const signature = await subtle.sign({ name: "ECDSA", hash }, key, DATA);
      expect(await webcrypto.subtle.verify({ name: "ECDSA", hash }, publicKey, signature, DATA)).toBe(true);
    }
  });

  it("needs a hash where it is bound to none", async () => {
    const key = ec.privateKey("ECDSA");
    const before = asked();
    for (const given of ["ECDSA", { name: "ECDSA" }, key.algorithm]) {
      expect(await failureOf(subtle.sign(given, key, DATA))).toMatchObject({
        name: "NotSupportedError",
        message: expect.stringContaining('ECDSA needs a hash: { name: "ECDSA", hash: "SHA-256" }'),
        cause: { code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 },
      });
    }
    expect(asked()).toBe(before);
  });

  it("refuses another hash where it is bound to one, and needs none then", async () => {
    const key = ec.privateKey({ name: "ECDSA", hash: "SHA-384" });
    const before = asked();
    expect(await failureOf(subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, DATA))).toMatchObject({
      name: "InvalidAccessError",
      cause: { code: "ALGORITHM_NOT_SUPPORTED" },
    });
    expect(asked()).toBe(before);
    const signature = await subtle.sign("ECDSA", key, DATA);
    const algorithm = { name: "ECDSA", hash: "SHA-384" };
    expect(await webcrypto.subtle.verify(algorithm, await ec.publicKey("ECDSA"), signature, DATA)).toBe(true);
  });

  it("refuses RSA's algorithms", async () => {
    const key = ec.privateKey("ECDSA");
    for (const name of ["RSA-PSS", "RSASSA-PKCS1-v1_5"]) {
      expect(
        await failureOf(subtle.sign({ name, hash: "SHA-256" } as AlgorithmIdentifier, key, DATA)),
      ).toMatchObject({
        name: "InvalidAccessError",
        cause: { code: "ALGORITHM_NOT_SUPPORTED" },
      });
    }
  });
});

describe("a failure of the service", () => {
  it.each([
    [403, "FORBIDDEN"],
    [401, "AUTHENTICATION_FAILED"],
    [400, "REQUEST_REJECTED"],
  ] as const)("arrives as an OperationError with the coded error as its cause: %d", async (status, code) => {
    emulator().addFault({ kind: "status", status, route: "signingRequests" });
    const key = ec.privateKey("ECDSA");
    const exception = await failureOf(subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, DATA));
    expect(exception).toBeInstanceOf(DOMException);
    expect(exception).toMatchObject({
      name: "OperationError",
      cause: { code, status, stage: "sign", attempts: 1 },
    });
    expect((exception as DOMException).message).toBe(((exception as DOMException).cause as Error).message);
  });

  it("arrives as an InvalidAccessError where the policy cannot be used", async () => {
    const key = (await signpath().policy("demo/approval")).privateKey({ name: "RSA-PSS", hash: "SHA-256" });
    expect(await failureOf(subtle.sign(key.algorithm, key, DATA))).toMatchObject({
      name: "InvalidAccessError",
      cause: { code: "POLICY_UNUSABLE", attempts: 1 },
    });
  });

  it("arrives as it is from signWithKey, which can be aborted", async () => {
    const key = ec.privateKey("ECDSA") as unknown as SignPathCryptoKey;
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const before = asked();
    const failure = await failureOf(signWithKey(algorithm, key, DATA, { signal: AbortSignal.abort() }));
    expect(failure).toBeInstanceOf(SignPathError);
    expect(failure).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(asked()).toBe(before);
    const mismatch = await failureOf(signWithKey({ name: "RSA-PSS", hash: "SHA-256" }, key, DATA));
    expect(mismatch).toMatchObject({ name: "SignPathError", code: "ALGORITHM_NOT_SUPPORTED" });
    expect(await signWithKey(algorithm, key, DATA)).toHaveLength(64);
  });

  it("is refused for a key that is a copy of one", async () => {
    const key = ec.privateKey("ECDSA");
    const copy = Object.create(key) as CryptoKey;
    const failure = await failureOf(subtle.sign({ name: "ECDSA", hash: "SHA-256" }, copy, DATA));
    expect(failure).toBeInstanceOf(TypeError);
    const closed = await codedFailureOf(
      (async () => {
        const { SignPath } = await import("../../src/index.js");
        const { apiUrl, apiToken, organizationId } = emulator();
        const client = new SignPath({ apiUrl, apiToken, organizationId });
        const own = (await client.policy("demo/p-256")).privateKey("ECDSA");
        await client.close();
        return subtle.sign({ name: "ECDSA", hash: "SHA-256" }, own, DATA);
      })(),
    );
    expect(closed).toMatchObject({ code: "ABORTED" });
  });
});
