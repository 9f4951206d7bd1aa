import { KeyObject, webcrypto } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { crypto, subtle } from "../../src/subtle/composite.js";

type Call = readonly [operation: string, ...args: unknown[]];

const node = webcrypto.subtle;
const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const data = new TextEncoder().encode("the data");

async function outcome(target: object, [operation, ...args]: Call): Promise<unknown> {
  try {
    return await Reflect.apply(Reflect.get(target, operation), target, args);
  } catch (error) {
    const { name, message, code } = error as Error & { code: unknown };
    return { threw: error instanceof DOMException, name, message, code };
  }
}

function native(key: CryptoKey): KeyObject {
  return KeyObject.from(key as webcrypto.CryptoKey);
}

describe("the composite objects", () => {
  it("pass for a Crypto and a SubtleCrypto", () => {
    expect(crypto).toBeInstanceOf(Crypto);
    expect(subtle).toBeInstanceOf(SubtleCrypto);
    expect(Object.prototype.toString.call(crypto)).toBe("[object Crypto]");
    expect(Object.prototype.toString.call(subtle)).toBe("[object SubtleCrypto]");
    expect(crypto.subtle).toBe(subtle);
    expect(inspect(crypto)).toContain("Crypto");
    expect(inspect(subtle)).toContain("SubtleCrypto");
  });

  it("take a property, which some toolkits write on them", () => {
    Object.assign(crypto, { name: "signpath" });
    expect(Reflect.get(crypto, "name")).toBe("signpath");
    expect(Reflect.deleteProperty(crypto, "name")).toBe(true);
  });

  it("have every method of the running Node, with its name and length", () => {
    const shape = (prototype: object) =>
      Object.entries(Object.getOwnPropertyDescriptors(prototype))
        .filter(([name]) => name !== "constructor")
        .map(([name, { value, enumerable }]) => [name, value?.name, value?.length, enumerable])
        .sort();
    expect(shape(Object.getPrototypeOf(subtle))).toEqual(shape(SubtleCrypto.prototype));
    expect(shape(Object.getPrototypeOf(crypto))).toEqual(shape(Crypto.prototype));
    expect(Object.keys(subtle)).toEqual([]);
  });

  it("have methods that need no receiver", async () => {
    const { digest } = subtle;
    const { getRandomValues, randomUUID } = crypto;
    expect(await digest("SHA-256", data)).toEqual(await node.digest("SHA-256", data));
    expect(getRandomValues(new Uint8Array(8))).toHaveLength(8);
    expect(randomUUID()).toMatch(/^[0-9a-f]{8}-/);
  });

  it("give random values at once, and refuse as Node does", () => {
    const values = new Uint8Array(32);
    expect(crypto.getRandomValues(values)).toBe(values);
    expect(values.some((value) => value !== 0)).toBe(true);
    expect(() => crypto.getRandomValues(new Uint8Array(65_537))).toThrow(/65,?536/);
  });

  it("have the methods of newer versions of Node, where those have them", async () => {
    const newer = Reflect.get(SubtleCrypto.prototype, "getPublicKey") as unknown;
    expect("getPublicKey" in subtle).toBe(newer !== undefined);
    if (newer === undefined) return;
    const { privateKey } = await subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
    const publicKey = await outcome(subtle, ["getPublicKey", privateKey, ["verify"]]);
    expect(publicKey).toMatchObject({ type: "public", usages: ["verify"] });
  });
});

describe("what Node can do", () => {
  it.each(["SHA-1", "SHA-256", "SHA-384", { name: "sha-512" }])(
    "hashes with %j as Node does",
    async (hash) => {
      expect(await subtle.digest(hash, data)).toEqual(await node.digest(hash, data));
    },
  );

  it.each<[object, KeyUsage[]]>([
    [{ name: "RSASSA-PKCS1-v1_5", ...RSA }, ["sign", "verify"]],
    [{ name: "RSA-PSS", ...RSA }, ["sign", "verify"]],
    [{ name: "RSA-OAEP", ...RSA }, ["encrypt", "decrypt"]],
    [{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"]],
    [{ name: "ECDH", namedCurve: "P-521" }, ["deriveBits", "deriveKey"]],
    [{ name: "Ed25519" }, ["sign", "verify"]],
    [{ name: "X25519" }, ["deriveBits"]],
    [{ name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]],
    [{ name: "HMAC", hash: "SHA-384" }, ["sign", "verify"]],
  ])("makes and exports native keys of %j", async (algorithm, usages) => {
    const made = (await subtle.generateKey(algorithm as Algorithm, true, usages)) as
      | CryptoKey
      | CryptoKeyPair;
    const keys = "privateKey" in made ? [made.privateKey, made.publicKey] : [made];
    for (const key of keys) {
      expect(native(key).type).toBe(key.type);
      const jwk = await subtle.exportKey("jwk", key);
      expect(jwk).toEqual(await node.exportKey("jwk", key as webcrypto.CryptoKey));
      const again = await subtle.importKey("jwk", jwk, key.algorithm, true, key.usages);
      expect(native(again).equals(native(key))).toBe(true);
    }
  });

  it("signs and verifies with native keys", async () => {
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const signature = await subtle.sign(algorithm, pair.privateKey, data);
    const publicKey = pair.publicKey as webcrypto.CryptoKey;
    expect(await node.verify(algorithm, publicKey, signature, data)).toBe(true);
    expect(await subtle.verify(algorithm, pair.publicKey, signature, data)).toBe(true);
    expect(await subtle.verify(algorithm, pair.publicKey, signature, data.subarray(1))).toBe(false);
  });

  it("encrypts, derives, wraps and unwraps with native keys", async () => {
    const password = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveKey", "deriveBits"]);
    const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 10 };
    const key = await subtle.deriveKey(pbkdf2, password, { name: "AES-GCM", length: 128 }, true, [
      "encrypt",
      "decrypt",
      "wrapKey",
      "unwrapKey",
    ]);
    const raw = await subtle.exportKey("raw", key);
    expect(raw).toEqual(await subtle.deriveBits(pbkdf2, password, 128));
    expect(native(key).export()).toEqual(Buffer.from(raw));

    const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const encrypted = await subtle.encrypt(gcm, key, data);
    expect(new Uint8Array(await subtle.decrypt(gcm, key, encrypted))).toEqual(data);
    const wrapped = await subtle.wrapKey("raw", key, key, gcm);
    const unwrapped = await subtle.unwrapKey("raw", wrapped, key, gcm, "AES-CTR", true, ["encrypt"]);
    expect(native(unwrapped).export()).toEqual(Buffer.from(raw));
  });
});

describe("what is wrong with a call", () => {
  const aes = { name: "AES-CBC", length: 128 };
  const ecdh = { name: "ECDH", namedCurve: "P-256" };
  const point = Buffer.from(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "hex",
  );

  it.each<Call>([
    ["sign"],
    ["digest", "SHA-256"],
    ["digest", "SHA-256", "text"],
    ["digest", {}, data],
    ["digest", undefined, data],
    ["digest", "MD5", data],
    ["digest", "constructor", data],
    ["generateKey", aes, true, []],
    ["generateKey", aes, true, ["sign"]],
    ["generateKey", aes, true, ["fly"]],
    ["generateKey", { ...aes, length: 100 }, true, ["encrypt"]],
    ["generateKey", { name: "ECDSA", namedCurve: "P-999" }, true, ["sign"]],
    ["generateKey", { name: "RSA-PSS", ...RSA, hash: "MD5" }, true, ["sign"]],
    ["generateKey", { name: "no such thing" }, true, ["sign"]],
    ["importKey", "raw", data, { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]],
    ["importKey", "spki", data, "AES-CBC", true, ["encrypt"]],
    ["importKey", "raw", data, "AES-CBC", true, ["encrypt"]],
    ["importKey", "jwk", data, "AES-CBC", true, ["encrypt"]],
    ["importKey", "pem", data, "AES-CBC", true, ["encrypt"]],
    ["importKey", "raw", point, ecdh, true, ["deriveBits"]],
    ["importKey", "raw", point, ecdh, true, ["deriveBits", "verify"]],
    ["importKey", "raw", point, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]],
    ["importKey", "raw", data, "PBKDF2", true, ["deriveBits"]],
    ["exportKey", "jwk", {}],
    ["exportKey", "jwk", undefined],
    ["verify", "ECDSA", { type: "public" }, data, data],
    ["encrypt", "AES-CBC", null, data],
    ["deriveBits", { name: "ECDH", public: {} }, {}, 128],
    ["deriveKey", "HKDF", undefined, aes, true, ["encrypt"]],
    ["wrapKey", "raw", {}, {}, "AES-KW"],
    ["unwrapKey", "raw", data, {}, "AES-KW", aes, true, ["encrypt"]],
  ])("is what Node says: %s %j %j %j", async (operation, ...args) => {
    const call: Call = [String(operation), ...args];
    const expected = await outcome(node, call);
    expect(expected).toHaveProperty("threw");
    expect(await outcome(subtle, call)).toEqual(expected);
  });

  it("is told by a rejection, never thrown", async () => {
    for (const name of Object.keys(SubtleCrypto.prototype)) {
      const thrower = new Proxy(
        {},
        {
          get: () => {
            throw new RangeError("looked at");
          },
        },
      );
      for (const args of [[], [thrower, thrower, thrower, thrower, thrower, thrower, thrower]]) {
        const promise: unknown = Reflect.apply(Reflect.get(subtle, name), undefined, args);
        expect(promise).toBeInstanceOf(Promise);
        await expect(promise).rejects.toBeInstanceOf(Error);
      }
    }
  });

  it("is the refusal of a native key whose usages or extractability do not allow it", async () => {
    const key = await subtle.generateKey({ name: "AES-CBC", length: 128 }, false, ["decrypt"]);
    const encrypt: Call = ["encrypt", { name: "AES-CBC", iv: new Uint8Array(16) }, key, data];
    const exportKey: Call = ["exportKey", "raw", key];
    expect(await outcome(subtle, encrypt)).toMatchObject({ name: "InvalidAccessError" });
    for (const call of [encrypt, exportKey]) {
      expect(await outcome(subtle, call)).toEqual(await outcome(node, call));
    }
  });

  it("is the same for an object that only looks like a key", async () => {
    const forged = Object.create(CryptoKey.prototype, {
      [Symbol.toStringTag]: { value: "CryptoKey" },
      type: { value: "secret" },
      algorithm: { value: { name: "HMAC" } },
      usages: { value: ["sign"] },
    });
    const call: Call = ["sign", "HMAC", forged, data];
    expect(await outcome(subtle, call)).toEqual(await outcome(node, call));
  });
});
