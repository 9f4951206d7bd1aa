import { createECDH, hkdfSync } from "node:crypto";
import { types } from "node:util";
import { Crypto as PeculiarCrypto } from "@peculiar/webcrypto";
import { describe, expect, it } from "vitest";
import { subtle } from "../../src/subtle/composite.js";

const theirs = (new PeculiarCrypto() as unknown as Crypto).subtle;
const data = new TextEncoder().encode("the data");
const K256 = { name: "ECDH", namedCurve: "K-256" };
const P256 = { name: "ECDH", namedCurve: "P-256" };
const AES: KeyUsage[] = ["encrypt", "decrypt"];
const WRAP: KeyUsage[] = ["wrapKey", "unwrapKey"];

const bytes = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);

async function pairOf(engine: SubtleCrypto, algorithm: EcKeyGenParams): Promise<CryptoKeyPair> {
  return engine.generateKey(algorithm, true, ["deriveBits", "deriveKey"]);
}

describe("deriving", () => {
  it("takes the other party's key from the other engine, both ways", async () => {
    const [native, peculiar] = [await pairOf(subtle, P256), await pairOf(theirs, P256)];
    const here = await subtle.deriveBits(
      { name: "ECDH", public: peculiar.publicKey },
      native.privateKey,
      256,
    );
    const there = await subtle.deriveBits(
      { name: "ECDH", public: native.publicKey },
      peculiar.privateKey,
      256,
    );
    expect(here).toEqual(there);
    expect(here.byteLength).toBe(32);
  });

  it("does so with X25519, and gives the whole secret where no length is named", async () => {
    const [native, peculiar] = [
      (await subtle.generateKey("X25519", true, ["deriveBits"])) as CryptoKeyPair,
      (await theirs.generateKey("X25519", true, ["deriveBits"])) as CryptoKeyPair,
    ];
    const here = await subtle.deriveBits(
      { name: "X25519", public: peculiar.publicKey },
      native.privateKey,
      256,
    );
    const there = await subtle.deriveBits(
      { name: "X25519", public: native.publicKey },
      peculiar.privateKey,
      null,
    );
    expect(here).toEqual(there);
  });

  it("refuses keys of different curves, of the wrong type, and secrets that are too short", async () => {
    const [k, p] = [await pairOf(subtle, K256), await pairOf(subtle, P256)];
    const refused = { name: "InvalidAccessError" };
    for (const [own, other] of [
      [k.privateKey, p.publicKey],
      [p.privateKey, k.publicKey],
      [k.privateKey, k.privateKey],
      [k.publicKey, k.publicKey],
    ] as const) {
      await expect(subtle.deriveBits({ name: "ECDH", public: other }, own, 128)).rejects.toMatchObject(
        refused,
      );
    }
    const long = subtle.deriveBits({ name: "ECDH", public: k.publicKey }, k.privateKey, 512);
    await expect(long).rejects.toMatchObject({ name: "OperationError" });
  });

  it("needs the usage deriveKey for a key and deriveBits for bits", async () => {
    const { publicKey } = await pairOf(subtle, K256);
    const only = async (usage: KeyUsage) => (await subtle.generateKey(K256, true, [usage])).privateKey;
    const algorithm = { name: "ECDH", public: publicKey };
    const refused = { name: "InvalidAccessError" };
    const [forBits, forKey] = [await only("deriveBits"), await only("deriveKey")];
    await expect(subtle.deriveBits(algorithm, forKey, 128)).rejects.toMatchObject(refused);
    const aes = { name: "AES-GCM", length: 128 };
    await expect(subtle.deriveKey(algorithm, forBits, aes, true, AES)).rejects.toMatchObject(refused);
    expect(await subtle.deriveKey(algorithm, forKey, aes, true, AES)).toMatchObject({ type: "secret" });
  });

  it("makes a native key from a K-256 secret where Node has the algorithm", async () => {
    const [own, other] = [await pairOf(subtle, K256), await pairOf(subtle, K256)];
    const algorithm = { name: "ECDH", public: other.publicKey };
    const ecdh = createECDH("secp256k1");
    const { d } = await subtle.exportKey("jwk", own.privateKey);
    ecdh.setPrivateKey(Buffer.from(d ?? "", "base64url"));
    const secret = ecdh.computeSecret(Buffer.from(await subtle.exportKey("raw", other.publicKey)));

    const key = await subtle.deriveKey(
      algorithm,
      own.privateKey,
      { name: "AES-GCM", length: 128 },
      true,
      AES,
    );
    expect(types.isCryptoKey(key)).toBe(true);
    expect(bytes(await subtle.exportKey("raw", key))).toEqual(Uint8Array.from(secret.subarray(0, 16)));

    const hkdf = await subtle.deriveKey(algorithm, own.privateKey, "HKDF", false, ["deriveBits"]);
    const parameters = { name: "HKDF", hash: "SHA-256", salt: data, info: data };
    expect(await subtle.deriveBits(parameters, hkdf, 256)).toEqual(
      hkdfSync("sha256", secret, data, data, 32),
    );
  });

  it("makes a key of @peculiar/webcrypto from a native secret where Node lacks the algorithm", async () => {
    const password = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveKey"]);
    const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 1 };
    const gcm = await subtle.deriveKey(pbkdf2, password, { name: "AES-GCM", length: 256 }, true, AES);
    const ecb = await subtle.deriveKey(pbkdf2, password, { name: "AES-ECB", length: 256 }, true, AES);
    expect(ecb.algorithm).toMatchObject({ name: "AES-ECB", length: 256 });
    expect(await subtle.exportKey("raw", ecb)).toEqual(await subtle.exportKey("raw", gcm));
    const des = await subtle.deriveKey(pbkdf2, password, "DES-EDE3-CBC", true, AES);
    expect((await subtle.exportKey("raw", des)).byteLength).toBe(24);
    const nothing = subtle.deriveKey(pbkdf2, password, "AES-NONE", true, AES);
    await expect(nothing).rejects.toMatchObject({ name: "NotSupportedError" });
    const unlimited = subtle.deriveKey(pbkdf2, password, "AES-ECB", true, AES);
    await expect(unlimited).rejects.toMatchObject({ name: "OperationError" });
  });
});

describe("wrapping", () => {
  const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };

  it.each(["AES-KW", "AES-GCM"])("wraps a K-256 key with a native %s key and unwraps it", async (name) => {
    const algorithm = name === "AES-GCM" ? gcm : name;
    const wrapping = await subtle.generateKey({ name, length: 256 }, false, WRAP);
    const { privateKey } = await subtle.generateKey({ ...K256, name: "ECDSA" }, true, ["sign"]);
    const wrapped = await subtle.wrapKey("jwk", privateKey, wrapping, algorithm);
    const args = [{ ...K256, name: "ECDSA" }, true, ["sign"] as KeyUsage[]] as const;
    const key = await subtle.unwrapKey("jwk", wrapped, wrapping, algorithm, ...args);
    expect(await subtle.exportKey("jwk", key)).toEqual(await subtle.exportKey("jwk", privateKey));
    expect(key.usages).toEqual(["sign"]);
  });

  it("wraps a native key with a key of @peculiar/webcrypto and unwraps it to a native one", async () => {
    const raw = new Uint8Array(16);
    const wrapping = await subtle.importKey("raw", raw, "AES-ECB", false, WRAP);
    const key = await subtle.generateKey({ name: "AES-CBC", length: 256 }, true, AES);
    const wrapped = await subtle.wrapKey("raw", key, wrapping, "AES-ECB");
    const again = await subtle.unwrapKey("raw", wrapped, wrapping, "AES-ECB", "AES-CBC", false, AES);
    expect(types.isCryptoKey(again)).toBe(true);
    expect(again.extractable).toBe(false);
    const cbc = { name: "AES-CBC", iv: raw };
    expect(bytes(await subtle.decrypt(cbc, again, await subtle.encrypt(cbc, key, data)))).toEqual(data);
  });

  it("checks extractability and the usages wrapKey and unwrapKey in each engine", async () => {
    const refused = { name: "InvalidAccessError" };
    const raw = new Uint8Array(16);
    const locked = await subtle.importKey("raw", raw, "AES-ECB", false, AES);
    const open = await subtle.importKey("raw", raw, "AES-ECB", true, AES);
    const wrapping = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, WRAP);
    const ciphers = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, AES);
    await expect(subtle.wrapKey("raw", locked, wrapping, gcm)).rejects.toMatchObject(refused);
    await expect(subtle.wrapKey("raw", open, ciphers, gcm)).rejects.toMatchObject(refused);
    await expect(subtle.wrapKey("raw", ciphers, open, "AES-ECB")).rejects.toMatchObject(refused);
    const unwrapped = subtle.unwrapKey("raw", raw, open, "AES-ECB", "AES-CBC", true, AES);
    await expect(unwrapped).rejects.toMatchObject(refused);
  });

  it("tells data that does not decrypt from data that is no key", async () => {
    const wrapping = await subtle.importKey("raw", new Uint8Array(16), "AES-ECB", true, [...AES, ...WRAP]);
    const unwrap = (wrapped: BufferSource) =>
      subtle.unwrapKey("jwk", wrapped, wrapping, "AES-ECB", "AES-CBC", true, AES);
    await expect(unwrap(data)).rejects.toMatchObject({ name: "OperationError" });
    const text = await subtle.encrypt("AES-ECB", wrapping, data);
    await expect(unwrap(text)).rejects.toMatchObject({ name: "DataError" });
    await expect(unwrap("text" as never)).rejects.toBeInstanceOf(TypeError);
  });
});
