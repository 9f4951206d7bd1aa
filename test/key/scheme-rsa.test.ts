import type { KeyObject } from "node:crypto";
import { constants, createHash, generateKeyPairSync, privateEncrypt, publicDecrypt, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Checked } from "../../src/key/scheme.js";
import { rsaPkcs1, rsaPss } from "../../src/key/scheme-rsa.js";
import type { CertificateFacts } from "../../src/policy/certificate.js";
import type { HashName } from "../../src/wire/signing.js";
import { assertProperty } from "../support/properties.js";
import { defect, good, HASH_NAMES, hashOf, rsaFacts } from "./support.js";

const MESSAGE = Buffer.from("a message");
const NOT_OURS = "it is not a signature of this hash by the certificate's key";
const PSS = constants.RSA_PKCS1_PSS_PADDING;

/** Lengths at which the encoded message of RSA-PSS does and does not fill whole bytes, or the modulus. */
const LENGTHS = [1536, 1537, 1538, 1543, 1544];
const keys = new Map(
  LENGTHS.map((length) => [length, generateKeyPairSync("rsa", { modulusLength: length })]),
);
const other = generateKeyPairSync("rsa", { modulusLength: 1536 });

function pair(length: number): { privateKey: KeyObject; facts: CertificateFacts } {
  const made = keys.get(length);
  if (made === undefined) throw new Error(String(length));
  return { privateKey: made.privateKey, facts: rsaFacts(made.publicKey) };
}

function nodeName(hash: HashName): string {
  return hash.replace("-", "").toLowerCase();
}

async function check(
  scheme: typeof rsaPss,
  signature: Uint8Array,
  facts: CertificateFacts,
  hash: HashName,
  message = MESSAGE,
): Promise<Checked> {
  const digest = createHash(nodeName(hash)).update(message).digest("base64");
  return scheme.check(new Uint8Array(signature), facts, hashOf(hash), { hash: digest, message: undefined });
}

const cases = LENGTHS.flatMap((length) => HASH_NAMES.map((hash) => ({ length, hash })));

describe("an RSASSA-PKCS1-v1_5 signature", () => {
  it.each(cases)(
    "with $length bits and $hash is good as it comes from another implementation",
    async ({ length, hash }) => {
      const { privateKey, facts } = pair(length);
      const signature = sign(nodeName(hash), MESSAGE, privateKey);
      expect(good(await check(rsaPkcs1, signature, facts, hash))).toEqual(signature);
      expect(good(await rsaPkcs1.shape(new Uint8Array(signature), facts))).toEqual(signature);
      expect(rsaPkcs1.signatureLength(facts)).toBe(signature.length);
      for (const wrong of HASH_NAMES.filter((name) => name !== hash)) {
        expect(defect(await check(rsaPkcs1, signature, facts, wrong))).toBe(NOT_OURS);
      }
    },
  );

  it("is refused for another message, by another key, as RSA-PSS and with any bit turned", async () => {
    const { privateKey, facts } = pair(1536);
    const signature = sign("sha256", MESSAGE, privateKey);
    expect(defect(await check(rsaPkcs1, signature, facts, "SHA-256", Buffer.from("other")))).toBe(NOT_OURS);
    expect(defect(await check(rsaPkcs1, signature, rsaFacts(other.publicKey), "SHA-256"))).toBe(NOT_OURS);
    const pss = sign("sha256", MESSAGE, { key: privateKey, padding: PSS, saltLength: 32 });
    expect(defect(await check(rsaPkcs1, pss, facts, "SHA-256"))).toBe(NOT_OURS);
    await everyTurnedBit(signature, async (turned) => {
      expect(defect(await check(rsaPkcs1, turned, facts, "SHA-256"))).toBe(NOT_OURS);
    });
  });

  it("is refused with another DigestInfo than that of the hash", async () => {
    const { privateKey, facts } = pair(1536);
    const digest = createHash("sha256").update(MESSAGE).digest();
    const prefix = Buffer.from("3031300d060960864801650304020105000420", "hex");
    const encrypt = (content: Uint8Array): Buffer =>
      privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, content);
    const whole = Buffer.concat([prefix, digest]);
    good(await check(rsaPkcs1, encrypt(whole), facts, "SHA-256"));
    const withoutNull = Buffer.concat([
      Buffer.from("302f300b0609608648016503040201", "hex"),
      Buffer.of(4, 32),
      digest,
    ]);
    for (const content of [
      digest,
      withoutNull,
      Buffer.concat([whole, Buffer.of(0)]),
      whole.subarray(1),
      Buffer.of(),
    ]) {
      expect(defect(await check(rsaPkcs1, encrypt(content), facts, "SHA-256"))).toBe(NOT_OURS);
    }
  });
});

describe("an RSA-PSS signature", () => {
  it.each(cases)(
    "with $length bits and $hash is good with a salt of the hash's length only",
    async ({ length, hash }) => {
      const { privateKey, facts } = pair(length);
      const digestLength = hashOf(hash).length;
      const made = (saltLength: number): Buffer =>
        sign(nodeName(hash), MESSAGE, { key: privateKey, padding: PSS, saltLength });
      const signature = made(digestLength);
      expect(good(await check(rsaPss, signature, facts, hash))).toEqual(signature);
      const most = Math.ceil((length - 1) / 8) - digestLength - 2;
      for (const saltLength of [0, 1, digestLength - 1, digestLength + 1, most]) {
        expect(defect(await check(rsaPss, made(saltLength), facts, hash))).toBe(
          `its salt is ${saltLength} bytes long; expected were ${digestLength}, the length of the hash`,
        );
      }
      for (const wrong of HASH_NAMES.filter((name) => name !== hash)) {
        expect(defect(await check(rsaPss, signature, facts, wrong))).toBe(NOT_OURS);
      }
    },
  );

  it.each(LENGTHS)("with %i bits is good each time, whatever its salt", async (length) => {
    const { privateKey, facts } = pair(length);
    for (let count = 0; count < 20; count++) {
      const signature = sign("sha384", MESSAGE, { key: privateKey, padding: PSS, saltLength: 48 });
      good(await check(rsaPss, signature, facts, "SHA-384"));
    }
  });

  it("is refused for another message, by another key, as PKCS#1 v1.5 and with any bit turned", async () => {
    const { privateKey, facts } = pair(1538);
    const signature = sign("sha256", MESSAGE, { key: privateKey, padding: PSS, saltLength: 32 });
    expect(defect(await check(rsaPss, signature, facts, "SHA-256", Buffer.from("other")))).toBe(NOT_OURS);
    expect(defect(await check(rsaPss, sign("sha256", MESSAGE, privateKey), facts, "SHA-256"))).toBe(NOT_OURS);
    const foreign = sign("sha256", MESSAGE, { key: other.privateKey, padding: PSS, saltLength: 32 });
    expect(defect(await check(rsaPss, foreign, pair(1536).facts, "SHA-256"))).toBe(NOT_OURS);
    await everyTurnedBit(signature, async (turned) => {
      expect(defect(await check(rsaPss, turned, facts, "SHA-256"))).toBe(NOT_OURS);
    });
  });

  it("is refused with any bit of its encoded message turned, also in the bits that the key leaves out", async () => {
    for (const length of LENGTHS) {
      const { privateKey, facts } = pair(length);
      const key = { key: privateKey, padding: constants.RSA_NO_PADDING };
      const encoded = open(
        sign("sha256", MESSAGE, { key: privateKey, padding: PSS, saltLength: 32 }),
        length,
      );
      good(await check(rsaPss, privateEncrypt(key, encoded), facts, "SHA-256"));
      const bits = [
        ...Array(24).keys(),
        8 * encoded.length - 1,
        8 * encoded.length - 8,
        8 * encoded.length - 300,
      ];
      for (const bit of bits) {
        const turned = Buffer.from(encoded);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
        let signature: Buffer;
        try {
          signature = privateEncrypt(key, turned);
        } catch {
          continue; // larger than the modulus
        }
        expect(defect(await check(rsaPss, signature, facts, "SHA-256"))).toBe(NOT_OURS);
      }
    }
  });
});

describe.each([
  ["RSASSA-PKCS1-v1_5", rsaPkcs1],
  ["RSA-PSS", rsaPss],
] as const)("a signature for %s", (_name, scheme) => {
  it("is refused at another length than the key's, with both lengths named", async () => {
    const { facts } = pair(1537);
    for (const length of [0, 1, 192, 194, 386]) {
      const words = `it is ${length} bytes long, the certificate's key makes 193`;
      expect(defect(await check(scheme, Buffer.alloc(length, 1), facts, "SHA-256"))).toBe(words);
      expect(defect(await scheme.shape(new Uint8Array(length), facts))).toBe(words);
    }
  });

  it("is refused as zeros, ones, one and more than the modulus", async () => {
    const { facts } = pair(1544);
    const one = Buffer.alloc(193);
    one[192] = 1;
    for (const signature of [Buffer.alloc(193), Buffer.alloc(193, 0xff), one]) {
      expect(defect(await check(scheme, signature, facts, "SHA-256"))).toBe(NOT_OURS);
    }
  });
});

function open(signature: Buffer, length: number): Buffer {
  const key = keys.get(length)?.publicKey;
  if (key === undefined) throw new Error(String(length));
  return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
}

function everyTurnedBit(signature: Buffer, refused: (turned: Buffer) => Promise<void>): Promise<void> {
  return assertProperty(
    fc.asyncProperty(fc.nat(8 * signature.length - 1), (bit) => {
      const turned = Buffer.from(signature);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return refused(turned);
    }),
    { numRuns: 50 },
  );
}
