import type { KeyObject } from "node:crypto";
import { generateKeyPairSync, generateKeySync } from "node:crypto";

/** What came of a call: what can be compared of a result or an error. */
export interface Outcome {
  readonly title: string;
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
}

const DATA = Buffer.from("data");
const HMAC = { name: "HMAC", hash: "SHA-256" };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const AES = { name: "AES-CBC", iv: new Uint8Array(16) };

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const secret = generateKeySync("aes", { length: 256 }).export();

/**
 * Calls of each method of the global `subtle` that need nothing but Node: good ones, as far as their results are the same each
 * time, and such as Node refuses. The keys are the same in every round.
 */
export async function titledOutcomes(): Promise<Outcome[]> {
  const { subtle } = globalThis.crypto;
  const pkcs8 = ({ privateKey }: { privateKey: KeyObject }): Buffer<ArrayBuffer> =>
    Buffer.from(privateKey.export({ type: "pkcs8", format: "der" }));
  const spki = ({ publicKey }: { publicKey: KeyObject }): Buffer<ArrayBuffer> =>
    Buffer.from(publicKey.export({ type: "spki", format: "der" }));
  const keys = {
    hmac: await subtle.importKey("raw", secret, HMAC, true, ["sign", "verify"]),
    rsa: await subtle.importKey("pkcs8", pkcs8(rsa), RSA, true, ["sign"]),
    hidden: await subtle.importKey("pkcs8", pkcs8(rsa), RSA, false, ["sign"]),
    rsaPublic: await subtle.importKey("spki", spki(rsa), RSA, true, ["verify"]),
    ecdsa: await subtle.importKey("pkcs8", pkcs8(ec), ECDSA, true, ["sign"]),
    ecdsaPublic: await subtle.importKey("spki", spki(ec), ECDSA, true, ["verify"]),
    ecdh: await subtle.importKey("pkcs8", pkcs8(ec), ECDH, true, ["deriveBits", "deriveKey"]),
    ecdhPublic: await subtle.importKey("spki", spki(ec), ECDH, true, []),
    aes: await subtle.importKey("raw", secret, "AES-CBC", true, [
      "encrypt",
      "decrypt",
      "wrapKey",
      "unwrapKey",
    ]),
  };
  const duck = { type: "private", extractable: false, algorithm: ECDSA, usages: ["sign"] };
  const taggedDuck = Object.create(CryptoKey.prototype) as object;
  const agreement = { name: "ECDH", public: keys.ecdhPublic };
  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  const throwing = {
    get name(): string {
      throw new RangeError("hostile");
    },
  };

  const arguments_: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
    sign: [
      ["HMAC", keys.hmac, DATA],
      ["HMAC", keys.hmac, detached],
      ["HMAC", keys.hmac, "text"],
      [RSA.name, keys.rsa, DATA],
      [RSA, keys.hidden, new DataView(DATA.buffer, DATA.byteOffset, 2)],
      [{ name: "RSA-PSS", saltLength: 32 }, keys.rsa, DATA],
      [ECDSA, keys.rsa, DATA],
      [{ name: "ECDSA" }, keys.ecdsa, DATA],
      [{ name: "ECDSA", hash: "MD5" }, keys.ecdsa, DATA],
      [ECDSA, keys.ecdsaPublic, DATA],
      [ECDSA, duck, DATA],
      [ECDSA, taggedDuck, DATA],
      [ECDSA, undefined, DATA],
      [throwing, keys.hmac, DATA],
      [undefined, keys.hmac, DATA],
      ["unknown", keys.hmac, DATA],
      ["HMAC", keys.hmac],
      [],
    ],
    verify: [
      ["HMAC", keys.hmac, DATA, DATA],
      [RSA.name, keys.rsaPublic, new Uint8Array(256), DATA],
      [RSA.name, keys.rsa, new Uint8Array(256), DATA],
      [ECDSA, keys.ecdsaPublic, new Uint8Array(64), DATA],
      [ECDSA, duck, DATA, DATA],
      [ECDSA, keys.ecdsaPublic, DATA],
    ],
    encrypt: [
      [AES, keys.aes, DATA],
      ["AES-CBC", keys.aes, DATA],
      [AES, keys.hmac, DATA],
      [AES, keys.aes],
    ],
    decrypt: [
      [AES, keys.aes, DATA],
      [AES, keys.rsa, DATA],
    ],
    exportKey: [
      ["raw", keys.hmac],
      ["jwk", keys.ecdsa],
      ["pkcs8", keys.rsa],
      ["spki", keys.rsaPublic],
      ["spki", keys.rsa],
      ["pkcs8", keys.hidden],
      ["jwk", duck],
      ["other", keys.hmac],
      ["raw"],
    ],
    deriveBits: [
      [agreement, keys.ecdh, 256],
      [agreement, keys.rsa, 256],
      [{ name: "ECDH", public: duck }, keys.ecdh, 256],
      [agreement],
    ],
    deriveKey: [
      [agreement, keys.ecdh, HMAC, true, []],
      [agreement, keys.hmac, HMAC, true, ["sign"]],
      [agreement, keys.ecdh],
    ],
    wrapKey: [
      ["raw", keys.hmac, keys.aes, AES],
      ["pkcs8", keys.hidden, keys.aes, AES],
      ["raw", duck, keys.aes, AES],
    ],
    unwrapKey: [
      ["raw", DATA, keys.aes, AES, HMAC, true, ["sign"]],
      ["raw", DATA, keys.hmac, AES, HMAC, true, ["sign"]],
      ["raw", DATA],
    ],
    digest: [["SHA-256", DATA], ["MD5", DATA], []],
    importKey: [["raw", DATA, "AES-CBC", true, ["encrypt"]], []],
    generateKey: [["HMAC", true, ["sign"]], []],
  };
  const calls = Object.entries(arguments_).flatMap(([name, list]) =>
    list.flatMap((args, index) => [
      { title: `${name} ${index}`, receiver: subtle as unknown, name, args },
      ...(index === 0 ? [undefined, {}, Object.create(subtle) as object] : []).map((receiver, other) => ({
        ...{ title: `${name} with receiver ${other}`, receiver, name, args },
      })),
    ]),
  );
  return Promise.all(
    calls.map(async ({ title, receiver, name, args }) => {
      const method = Reflect.get(SubtleCrypto.prototype, name) as (...args: unknown[]) => Promise<unknown>;
      return { title, outcome: await outcomeOf(() => Reflect.apply(method, receiver, args)) };
    }),
  );
}

async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome["outcome"]> {
  let promise: Promise<unknown>;
  try {
    promise = call();
  } catch (error) {
    return { error: { thrown: true, ...outline(error) } };
  }
  if (Object.getPrototypeOf(promise) !== Promise.prototype) return { error: "no promise" };
  return promise.then(
    (value) => ({ value: value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value }),
    (error: unknown) => ({ error: outline(error) }),
  );
}

function outline(error: unknown): object {
  const { name, code, message } = error as { name: unknown; code: unknown; message: unknown };
  return { name, code, message, constructor: (error as object).constructor };
}
