import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Checked } from "../../src/key/scheme.js";
import { ecdsa } from "../../src/key/scheme-ecdsa.js";
import type { CertificateFacts } from "../../src/policy/certificate.js";
import { derOf } from "../support/ecdsa-der.js";
import { assertProperty } from "../support/properties.js";
import type { CurveName } from "./support.js";
import { CURVE_NAMES, CURVES, defect, ecFacts, good, hashOf } from "./support.js";

const MESSAGE = Buffer.from("a message");
const SHA256 = hashOf("SHA-256");
const NOBLE = { "P-256": p256, "P-384": p384, "P-521": p521 };
const NOT_OURS = "it is not a signature of this hash by the certificate's key";

const keys = new Map(CURVE_NAMES.map((name) => [name, generateKeyPairSync("ec", { namedCurve: name })]));

function pair(name: CurveName): { privateKey: KeyObject; facts: CertificateFacts } {
  const made = keys.get(name);
  if (made === undefined) throw new Error(name);
  return { privateKey: made.privateKey, facts: ecFacts(made.publicKey, name) };
}

function bytes(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(signature);
}

/** So many at once that some wait for a turn and others go to Node's pool. */
const CROWD = 40;

/** Checks a signature of the message in every way: with the message, alone and among others, and with its hash alone. */
async function check(signature: Uint8Array, facts: CertificateFacts, message = MESSAGE): Promise<Checked[]> {
  const hash = createHash("sha256").update(message).digest("base64");
  return [
    await ecdsa.check(bytes(signature), facts, SHA256, { hash, message }),
    await ecdsa.check(bytes(signature), facts, SHA256, { hash, message }, true),
    await ecdsa.check(bytes(signature), facts, SHA256, { hash, message: undefined }),
  ];
}

/** A short DER value with that tag. */
function tagged(tag: number, content: Uint8Array): Buffer {
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.from([tag, ...length, ...content]);
}

/** Two halves of a curve's width, with as many zero bytes in front as are drawn. */
function halves(name: CurveName): fc.Arbitrary<Buffer> {
  const { length } = CURVES[name];
  const half = fc.nat(length - 1).chain((zeros) =>
    fc
      .uint8Array({ minLength: length - zeros, maxLength: length - zeros })
      .filter((rest) => rest.some((byte) => byte !== 0))
      .map((rest) => Buffer.concat([Buffer.alloc(zeros), rest])),
  );
  const order = NOBLE[name].Point.Fn.ORDER;
  const below = half.filter((value) => BigInt(`0x${value.toString("hex")}`) < order);
  return fc.tuple(below, below).map(([r, s]) => Buffer.concat([r, s]));
}

/** A signature with the given halves and the key that makes it one, found from them (SEC 1, section 4.1.6). */
function crafted(
  name: CurveName,
  r: bigint,
  s: bigint,
): { fixed: Buffer; facts: CertificateFacts } | undefined {
  const curve = NOBLE[name];
  const { length, node } = CURVES[name];
  const hash = createHash("sha256").update(MESSAGE).digest();
  try {
    const point = new curve.Signature(r, s, 0).recoverPublicKey(hash).toAffine();
    const coordinate = (value: bigint): string =>
      Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex").toString("base64url");
    const jwk = { kty: "EC", crv: name, x: coordinate(point.x), y: coordinate(point.y) };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe(node);
    const hex = [r, s].map((half) => half.toString(16).padStart(2 * length, "0")).join("");
    return { fixed: Buffer.from(hex, "hex"), facts: ecFacts(publicKey, name) };
  } catch {
    return undefined; // r is the x-coordinate of no point
  }
}

/** The first such signature from that r on. */
function craftedFrom(name: CurveName, r: bigint, s: bigint): { fixed: Buffer; facts: CertificateFacts } {
  for (let next = r; next < r + 100n; next++) {
    const made = crafted(name, next, s);
    if (made !== undefined) return made;
  }
  throw new Error("no point");
}

describe.each(CURVE_NAMES)("an ECDSA signature on %s", (name) => {
  const { privateKey, facts } = pair(name);
  const { length } = CURVES[name];
  const signature = sign("sha256", MESSAGE, { key: privateKey, dsaEncoding: "ieee-p1363" });

  it("is good as it comes from another implementation", async () => {
    for (const checked of await check(signature, facts)) expect(good(checked)).toEqual(signature);
    expect(good(await ecdsa.shape(bytes(signature), facts))).toEqual(signature);
    expect(ecdsa.signatureLength(facts)).toBe(2 * length);
  });

  it("is good or wrong for itself, however many are checked at once", async () => {
    const hash = createHash("sha256").update(MESSAGE).digest("base64");
    const wrong = bytes(signature).with(length, (signature[length] ?? 0) ^ 1);
    const checked = await Promise.all(
      Array.from({ length: CROWD }, (_, number) =>
        ecdsa.check(
          number % 3 === 0 ? wrong : bytes(signature),
          facts,
          SHA256,
          { hash, message: MESSAGE },
          true,
        ),
      ),
    );
    for (const [number, each] of checked.entries()) {
      if (number % 3 === 0) expect(defect(each)).toBe(NOT_OURS);
      else expect(good(each)).toEqual(signature);
    }
  });

  it("is good in DER, and given out at its fixed width, in a buffer of its own", async () => {
    const der = sign("sha256", MESSAGE, privateKey);
    for (const checked of await check(der, facts)) {
      const fixed = good(checked);
      expect(fixed).toHaveLength(2 * length);
      expect(derOf(fixed)).toEqual(der);
      expect("signature" in checked && checked.signature.buffer.byteLength).toBe(2 * length);
    }
  });

  it("goes from DER to its fixed width, whatever zeros its halves begin with", async () => {
    await assertProperty(
      fc.asyncProperty(halves(name), async (fixed) => {
        const der = derOf(fixed);
        fc.pre(der.length !== fixed.length);
        const shaped = await ecdsa.shape(bytes(der), facts);
        expect(good(shaped)).toEqual(fixed);
        expect("signature" in shaped && shaped.signature.buffer.byteLength).toBe(fixed.length);
      }),
    );
  });

  it("verifies with halves that begin with zeros, in both forms", async () => {
    for (const [rBits, sBits] of [
      [8, 8],
      [CURVES[name].bits - 8, CURVES[name].bits - 17],
      [1, 200],
      [200, 1],
    ] as const) {
      const { fixed, facts: made } = craftedFrom(name, 1n << BigInt(rBits - 1), 1n << BigInt(sBits - 1));
      for (const checked of await check(fixed, made)) expect(good(checked)).toEqual(fixed);
      for (const checked of await check(derOf(fixed), made)) expect(good(checked)).toEqual(fixed);
    }
  });

  it("verifies in DER that is by chance as long as the fixed width", async () => {
    // SEQUENCE and two INTEGERs take six bytes, seven where the SEQUENCE is long.
    const content = 2 * length - (2 * length > 129 ? 7 : 6);
    const bits = (count: number): bigint => 1n << BigInt(8 * count - 2);
    const { fixed, facts: made } = craftedFrom(
      name,
      bits(Math.ceil(content / 2)),
      bits(Math.floor(content / 2)),
    );
    const der = derOf(fixed);
    expect(der).toHaveLength(fixed.length);
    for (const checked of await check(der, made)) expect(good(checked)).toEqual(fixed);
  });

  it("is refused for another message, another key and with any bit turned, in both forms", async () => {
    const other = ecFacts(generateKeyPairSync("ec", { namedCurve: name }).publicKey, name);
    const der = derOf(signature);
    for (const form of [signature, der]) {
      for (const checked of await check(form, facts, Buffer.from("other")))
        expect(defect(checked)).toBe(NOT_OURS);
      for (const checked of await check(form, other)) expect(defect(checked)).toBe(NOT_OURS);
    }
    await assertProperty(
      fc.asyncProperty(fc.nat(8 * signature.length - 1), async (bit) => {
        const turned = Buffer.from(signature);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        for (const checked of await check(turned, facts)) expect(defect(checked)).toBe(NOT_OURS);
      }),
      { numRuns: 20 },
    );
  });

  it("is refused as zeros, ones, and at any other length", async () => {
    for (const fill of [0, 0xff]) {
      for (const checked of await check(Buffer.alloc(2 * length, fill), facts))
        expect(defect(checked)).toBe(NOT_OURS);
    }
    for (const wrong of [Buffer.alloc(0), signature.subarray(1), Buffer.concat([signature, Buffer.of(0)])]) {
      const words = `it is ${wrong.length} bytes long, the certificate's key makes ${2 * length}`;
      for (const checked of await check(wrong, facts)) expect(defect(checked)).toBe(words);
      expect(defect(await ecdsa.shape(bytes(wrong), facts))).toBe(words);
    }
  });

  it("is refused in DER that is not exactly that", async () => {
    const [r, s] = [signature.subarray(0, length), signature.subarray(length)];
    const long = Buffer.concat([Buffer.of(0, 0), r]);
    const integer = (content: Uint8Array): Buffer => tagged(2, content);
    const one = integer(Buffer.of(1));
    const zero = integer(Buffer.of(0));
    const malformed = [
      Buffer.concat([derOf(signature), Buffer.of(0)]),
      derOf(signature).subarray(0, -1),
      tagged(0x31, derOf(signature).subarray(2)),
      tagged(0x30, one),
      tagged(0x30, Buffer.concat([one, one, one])),
      tagged(0x30, Buffer.concat([integer(long), integer(s.subarray(1))])),
      tagged(0x30, Buffer.concat([integer(Buffer.of(0x80)), one])),
      tagged(0x30, Buffer.concat([integer(Buffer.alloc(0)), one])),
      tagged(0x30, Buffer.concat([zero, one])),
      tagged(0x30, Buffer.concat([one, zero])),
      tagged(0x30, Buffer.concat([tagged(4, Buffer.of(1)), one])),
      Buffer.of(0x30),
      Buffer.of(0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0, 0),
    ];
    for (const der of malformed) {
      for (const checked of await check(der, facts)) defect(checked);
      if (der.length !== 2 * length) defect(await ecdsa.shape(bytes(der), facts));
    }
  });
});
