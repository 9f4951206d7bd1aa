import { createCipheriv, createHash, createPublicKey, verify } from "node:crypto";
import { createRequire } from "node:module";
import { types } from "node:util";
import { Crypto as PeculiarCrypto } from "@peculiar/webcrypto";
import { describe, expect, it } from "vitest";
import { subtle } from "../../src/subtle/composite.js";

const data = new TextEncoder().encode("the data");
const K256 = { name: "ECDSA", namedCurve: "K-256" };
const SHA256 = { name: "ECDSA", hash: "SHA-256" };

/** Two of the names that the DOM's types do not know. */
const generate = subtle.generateKey as (...args: unknown[]) => Promise<CryptoKeyPair>;
const single = subtle.generateKey as (...args: unknown[]) => Promise<CryptoKey>;

const hex = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(new Uint8Array(bytes)).toString("hex");

describe("what Node lacks and @peculiar/webcrypto has", () => {
  it.each(["K-256", "k-256", "brainpoolP256r1", "brainpoolP512r1"])(
    "signs with a key on %s, which Node's own crypto verifies",
    async (namedCurve) => {
      const pair = await generate({ name: "ecdsa", namedCurve }, false, ["sign", "verify"]);
      expect(types.isCryptoKey(pair.privateKey)).toBe(false);
      expect(pair.privateKey).toMatchObject({ extractable: false, usages: ["sign"] });
      const signature = await subtle.sign(SHA256, pair.privateKey, data);
      expect(await subtle.verify(SHA256, pair.publicKey, signature, data)).toBe(true);
      expect(await subtle.verify(SHA256, pair.publicKey, signature, data.subarray(1))).toBe(false);
      const der = Buffer.from(await subtle.exportKey("spki", pair.publicKey));
      const key = createPublicKey({ key: der, format: "der", type: "spki" });
      expect(verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature))).toBe(true);
    },
  );

  it("imports and exports K-256 in every format, under both names of the curve", async () => {
    const pair = await generate(K256, true, ["sign", "verify"]);
    for (const format of ["spki", "raw"] as const) {
      const bytes = await subtle.exportKey(format, pair.publicKey);
      const key = await subtle.importKey(format, bytes, K256, true, ["verify"]);
      expect(await subtle.exportKey(format, key)).toEqual(bytes);
    }
    const pkcs8 = await subtle.exportKey("pkcs8", pair.privateKey);
    const again = await subtle.importKey("pkcs8", pkcs8, K256, true, ["sign"]);
    expect(await subtle.exportKey("pkcs8", again)).toEqual(pkcs8);
    const jwk = await subtle.exportKey("jwk", pair.publicKey);
    expect(jwk).toMatchObject({ kty: "EC", crv: "K-256" });
    const renamed = { ...jwk, crv: "secp256k1" };
    expect(await subtle.importKey("jwk", renamed, K256, true, ["verify"])).toMatchObject({ type: "public" });
  });

  it.each([
    ["shake128", 16],
    ["SHAKE256", 32],
  ])("hashes with %s", async (name, length) => {
    const expected = (outputLength: number) =>
      createHash(name.toLowerCase(), { outputLength }).update(data).digest("hex");
    expect(hex(await subtle.digest(name, data))).toBe(expected(length));
    const longer = { name, length: 100 } as AlgorithmIdentifier;
    expect(hex(await subtle.digest(longer, data))).toBe(expected(100));
  });

  it.each(["SHA3-256", "SHA3-384", "SHA3-512"])("hashes with %s on every Node", async (name) => {
    expect(hex(await subtle.digest(name, data))).toBe(createHash(name).update(data).digest("hex"));
  });

  it("hashes what the data was at the call", async () => {
    const changing = Uint8Array.from(data);
    const digest = subtle.digest("shake128", changing);
    changing.fill(0);
    expect(hex(await digest)).toBe(createHash("shake128").update(data).digest("hex"));
  });

  it("encrypts with AES-ECB as OpenSSL does", async () => {
    const raw = Buffer.alloc(16, 7);
    const key = await subtle.importKey("raw", raw, "AES-ECB", false, ["encrypt", "decrypt"]);
    const encrypted = await subtle.encrypt("AES-ECB", key, data);
    const cipher = createCipheriv("aes-128-ecb", raw, null);
    expect(hex(encrypted)).toBe(cipher.update(data, undefined, "hex") + cipher.final("hex"));
    expect(new Uint8Array(await subtle.decrypt("AES-ECB", key, encrypted))).toEqual(data);
  });

  it("computes the AES-CMAC of RFC 4493, example 2", async () => {
    const raw = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
    const key = await subtle.importKey("raw", raw, "AES-CMAC", false, ["sign", "verify"]);
    const algorithm = { name: "AES-CMAC", length: 128 };
    const message = Buffer.from("6bc1bee22e409f96e93d7e117393172a", "hex");
    expect(hex(await subtle.sign(algorithm, key, message))).toBe("070a16b46b4d4144f79bdd9dd04a287c");
  });

  it("encrypts with DES-CBC, which OpenSSL keeps in its legacy provider", async () => {
    // NIST SP 800-17, table 1 (variable plaintext), first row: the block without the padding after it.
    const raw = Buffer.from("0101010101010101", "hex");
    const cbc = { name: "DES-CBC", iv: new Uint8Array(8) };
    const key = await subtle.importKey("raw", raw, "DES-CBC", true, ["encrypt", "decrypt"]);
    expect(key.algorithm).toEqual({ name: "DES-CBC", length: 64 });
    const encrypted = await subtle.encrypt(cbc, key, Buffer.from("8000000000000000", "hex"));
    expect(hex(encrypted).slice(0, 16)).toBe("95f8a5e5dd31d900");
    expect(hex(await subtle.decrypt(cbc, key, encrypted))).toBe("8000000000000000");
    const made = await single({ name: "DES-CBC", length: 64 }, true, ["encrypt"]);
    expect((await subtle.exportKey("raw", made)).byteLength).toBe(8);
  });

  it("imports an ECDH key with the usages of ECDSA, which can be nothing but the other party's", async () => {
    const ecdh = { name: "ECDH", namedCurve: "P-256" };
    const pair = await subtle.generateKey(ecdh, true, ["deriveBits"]);
    const raw = await subtle.exportKey("raw", pair.publicKey);
    const key = await subtle.importKey("raw", raw, ecdh, true, ["verify"]);
    expect(key.usages).toEqual(["verify"]);
    await expect(subtle.verify(SHA256, key, raw, data)).rejects.toMatchObject({ name: "InvalidAccessError" });
    const algorithm = { name: "ECDH", public: key };
    expect(await subtle.deriveBits(algorithm, pair.privateKey, 256)).toEqual(
      await subtle.deriveBits({ name: "ECDH", public: pair.publicKey }, pair.privateKey, 256),
    );
  });
});

describe("a key of @peculiar/webcrypto that the caller made", () => {
  const { Crypto: RequiredCrypto } = createRequire(import.meta.url)("@peculiar/webcrypto") as {
    Crypto: new () => Crypto;
  };

  it.each([
    ["imported", new PeculiarCrypto() as unknown as Crypto],
    ["required", new RequiredCrypto()],
  ])("works where the library was %s", async (_, theirs) => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const pair = await theirs.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const signature = await subtle.sign(SHA256, pair.privateKey, data);
    expect(await theirs.subtle.verify(SHA256, pair.publicKey, signature, data)).toBe(true);
    expect(await subtle.verify(SHA256, pair.publicKey, signature, data)).toBe(true);
    const spki = await subtle.exportKey("spki", pair.publicKey);
    const native = await subtle.importKey("spki", spki, algorithm, true, ["verify"]);
    expect(types.isCryptoKey(native)).toBe(true);
    expect(await subtle.verify(SHA256, native, signature, data)).toBe(true);
  });
});

describe("what @peculiar/webcrypto does not check", () => {
  it("refuses a usage that the key has not, and a foreign algorithm", async () => {
    const { privateKey, publicKey } = await generate(K256, false, ["sign", "verify"]);
    const refused = { name: "InvalidAccessError" };
    await expect(subtle.sign(SHA256, publicKey, data)).rejects.toMatchObject(refused);
    await expect(subtle.verify(SHA256, privateKey, data, data)).rejects.toMatchObject(refused);
    await expect(subtle.sign("RSASSA-PKCS1-v1_5", privateKey, data)).rejects.toMatchObject(refused);
    await expect(subtle.encrypt("AES-ECB", privateKey, data)).rejects.toMatchObject(refused);
    await expect(subtle.exportKey("pkcs8", privateKey)).rejects.toMatchObject(refused);
    await expect(subtle.exportKey("spki", privateKey)).rejects.toMatchObject(refused);
  });

  it("refuses usages that a key cannot have", async () => {
    const refused = { name: "SyntaxError" };
    await expect(generate(K256, true, [])).rejects.toMatchObject(refused);
    await expect(generate(K256, true, ["verify"])).rejects.toMatchObject(refused);
    await expect(generate(K256, true, ["sign", "encrypt"])).rejects.toMatchObject(refused);
    const spki = await subtle.exportKey("spki", (await generate(K256, true, ["sign"])).publicKey);
    await expect(subtle.importKey("spki", spki, K256, true, ["sign"])).rejects.toMatchObject(refused);
    const raw = new Uint8Array(16);
    await expect(subtle.importKey("raw", raw, "AES-ECB", true, [])).rejects.toMatchObject(refused);
  });

  it("refuses a point that is not on the curve", async () => {
    const point = Buffer.alloc(65, 1).fill(4, 0, 1);
    for (const algorithm of [K256, { ...K256, name: "ECDH" }]) {
      const key = subtle.importKey("raw", point, algorithm, true, ["verify"]);
      await expect(key, algorithm.name).rejects.toMatchObject({ name: "DataError" });
    }
  });

  it("finds a signature of the wrong length invalid, as Node does", async () => {
    const { publicKey } = await generate(K256, false, ["sign", "verify"]);
    expect(await subtle.verify(SHA256, publicKey, new Uint8Array(63), data)).toBe(false);
    expect(await subtle.verify(SHA256, publicKey, new Uint8Array(64), data)).toBe(false);
    await expect(subtle.verify(SHA256, publicKey, "text" as never, data)).rejects.toBeInstanceOf(TypeError);
  });

  it("refuses a JWK that contradicts the import", async () => {
    const { publicKey } = await generate(K256, true, ["sign", "verify"]);
    const jwk = await subtle.exportKey("jwk", publicKey);
    for (const wrong of [{ crv: "P-256" }, { kty: "OKP" }, { ext: false }, { key_ops: ["sign"] }]) {
      const key = subtle.importKey("jwk", { ...jwk, ...wrong }, K256, true, ["verify"]);
      await expect(key, JSON.stringify(wrong)).rejects.toMatchObject({ name: "DataError" });
    }
  });

  it("names its failures as the specification does", async () => {
    const garbage = subtle.importKey("spki", data, K256, true, ["verify"]);
    await expect(garbage).rejects.toMatchObject({ name: "DataError", cause: expect.any(Error) });
    const key = await subtle.importKey("raw", new Uint8Array(16), "AES-ECB", true, ["decrypt"]);
    const undecryptable = subtle.decrypt("AES-ECB", key, data);
    await expect(undecryptable).rejects.toMatchObject({ name: "OperationError", cause: expect.any(Error) });
    await expect(undecryptable).rejects.toBeInstanceOf(DOMException);
    await expect(subtle.exportKey("pem" as "raw", key)).rejects.toBeInstanceOf(TypeError);
  });

  it("leaves the refusal to Node where neither can", async () => {
    const refused = { name: "NotSupportedError" };
    await expect(subtle.digest("MD5", data)).rejects.toMatchObject(refused);
    await expect(subtle.digest("AES-ECB", data)).rejects.toMatchObject(refused);
    await expect(subtle.importKey("spki", data, "AES-ECB", true, ["encrypt"])).rejects.toMatchObject(refused);
    // The library would make a key with this hash, which could then not sign.
    const rsa = { name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
    await expect(generate({ ...rsa, hash: "shake128" }, true, ["sign"])).rejects.toMatchObject(refused);
  });
});
