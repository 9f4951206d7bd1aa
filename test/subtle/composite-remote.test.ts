import { types } from "node:util";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { SignPathError } from "../../src/base/errors.js";
import type { Sign } from "../../src/key/crypto-key.js";
import { SignPathCryptoKey } from "../../src/key/crypto-key.js";
import type { PolicyState } from "../../src/policy/state.js";
import { subtle } from "../../src/subtle/composite.js";

// What is tested here is the way there; signing itself has its own tests.
const signed = vi.fn<Sign>();

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: { name: "SHA-256" } };
const binding = {
  sign: signed,
  state: {} as PolicyState,
  name: "ECDSA",
  hash: "SHA-256",
  namedCurve: "P-256",
} as const;
const key = SignPathCryptoKey.of(binding, algorithm) as CryptoKey;
const data = new Uint8Array([1, 2, 3]);
const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };

beforeEach(() => {
  signed.mockReset();
});

describe("a key that SignPath holds", () => {
  it("signs remotely, with the arguments as they came", async () => {
    const signature = new ArrayBuffer(64);
    signed.mockResolvedValue(signature);
    expect(await subtle.sign(algorithm, key, data)).toBe(signature);
    expect(signed).toHaveBeenCalledExactlyOnceWith(algorithm, key, data);
  });

  it("is asked before anything else happens, while the data is what it was at the call", () => {
    signed.mockResolvedValue(new ArrayBuffer(64));
    const signature = subtle.sign(algorithm, key, data);
    expect(signed).toHaveBeenCalledOnce();
    return signature;
  });

  it("passes its failure on, also one that is thrown at once", async () => {
    const failure = new SignPathError("FORBIDDEN", "no", { stage: "sign" });
    signed.mockRejectedValueOnce(failure);
    await expect(subtle.sign(algorithm, key, data)).rejects.toBe(failure);
    signed.mockImplementationOnce(() => {
      throw failure;
    });
    await expect(subtle.sign(algorithm, key, data)).rejects.toBe(failure);
  });

  it("is not asked for a call with too few arguments, nor for a native key", async () => {
    const sign = subtle.sign as (...args: unknown[]) => Promise<ArrayBuffer>;
    await expect(sign(algorithm, key)).rejects.toThrow(/3 arguments required, but only 2 present/);
    const native = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    expect((await subtle.sign("HMAC", native, data)).byteLength).toBe(32);
    expect(signed).not.toHaveBeenCalled();
  });

  it("is no native key to Node", () => {
    expect(key).toBeInstanceOf(CryptoKey);
    expect(types.isCryptoKey(key)).toBe(false);
  });

  it.each<[string, (native: CryptoKey) => Promise<unknown>]>([
    ["verify", () => subtle.verify(algorithm, key, data, data)],
    ["exportKey", () => subtle.exportKey("pkcs8", key)],
    ["encrypt", () => subtle.encrypt(gcm, key, data)],
    ["decrypt", () => subtle.decrypt(gcm, key, data)],
    ["deriveBits", () => subtle.deriveBits({ name: "ECDH", public: key }, key, 128)],
    ["deriveBits", (native) => subtle.deriveBits({ name: "ECDH", public: key }, native, 128)],
    ["deriveKey", () => subtle.deriveKey("HKDF", key, "HKDF", false, ["deriveBits"])],
    ["wrapKey", (native) => subtle.wrapKey("pkcs8", key, native, gcm)],
    ["wrapKey", (native) => subtle.wrapKey("raw", native, key, gcm)],
    ["unwrapKey", () => subtle.unwrapKey("raw", data, key, gcm, "AES-GCM", true, ["encrypt"])],
  ])("refuses %s as the specification does, and says what to do", async (operation, call) => {
    const native = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["wrapKey", "decrypt"]);
    const refusal = await call(native).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(DOMException);
    expect(refusal).toMatchObject({
      name: "InvalidAccessError",
      message: expect.stringMatching(
        new RegExp(`^A private key held by SignPath .*(${operation}|publicKey)`),
      ),
      cause: expect.objectContaining({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 }),
    });
    expect(signed).not.toHaveBeenCalled();
  });

  it("is refused by the methods of newer versions of Node as well", async () => {
    const getPublicKey = Reflect.get(subtle, "getPublicKey") as ((...args: unknown[]) => unknown) | undefined;
    if (getPublicKey === undefined) return;
    await expect(getPublicKey(key, ["verify"])).rejects.toMatchObject({ name: "InvalidAccessError" });
  });
});
