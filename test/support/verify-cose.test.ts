import type { KeyObject } from "node:crypto";
import { constants, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect } from "vitest";
import { python } from "./python.js";
import { testWith } from "./verifiers.js";

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OTHER = generateKeyPairSync("ec", { namedCurve: "P-256" });
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PAYLOAD = Buffer.from("payload");

/** CBOR by hand, so that the verifier is tested without what it is to verify: the protected headers are `{ 1: alg }`. */
const ES256 = Buffer.from("a10126", "hex");
const PS256 = Buffer.from("a1013824", "hex");
const RS256 = Buffer.from("a101390100", "hex");
const bytes = (content: Buffer): Buffer =>
  content.length < 24
    ? Buffer.concat([Buffer.from([0x40 + content.length]), content])
    : Buffer.concat([Buffer.from([0x59, content.length >> 8, content.length & 0xff]), content]);
const text = (content: string): Buffer =>
  Buffer.concat([Buffer.from([0x60 + content.length]), Buffer.from(content)]);
const array = (...items: Buffer[]): Buffer => Buffer.concat([Buffer.from([0x80 + items.length]), ...items]);
const EMPTY_MAP = Buffer.from("a0", "hex");
const SIGN1 = Buffer.from("d2", "hex");
const SIGN = Buffer.from("d862", "hex");

function sign1(
  header: Buffer,
  key: KeyObject,
  more: object = { dsaEncoding: "ieee-p1363" },
  payload: Buffer = PAYLOAD,
): Buffer {
  const structure = array(text("Signature1"), bytes(header), bytes(Buffer.alloc(0)), bytes(PAYLOAD));
  const signature = sign("sha256", structure, { key, ...more });
  return Buffer.concat([SIGN1, array(bytes(header), EMPTY_MAP, bytes(payload), bytes(signature))]);
}

function verify(message: Buffer, ...keys: KeyObject[]): Promise<unknown> {
  const keyPems = keys.map((key) => key.export({ type: "spki", format: "pem" }).toString());
  return python("python-cose", "verify_cose.py", { message: message.toString("base64"), keyPems });
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

describe("cbor2 and cryptography as a verifier of COSE", () => {
  testWith("python-cose", "find good messages good, by each kind of key", async () => {
    const good = (alg: number): object => ({
      ok: true,
      payload: PAYLOAD.toString("base64"),
      signatures: [{ alg, kid: null }],
    });
    expect(await verify(sign1(ES256, EC.privateKey), EC.publicKey)).toEqual(good(-7));
    expect(await verify(sign1(PS256, RSA.privateKey, PSS), RSA.publicKey)).toEqual(good(-37));
    expect(await verify(sign1(RS256, RSA.privateKey, {}), RSA.publicKey)).toEqual(good(-257));
  });

  testWith("python-cose", "read a message with two signers", async () => {
    const signer = (key: KeyObject): Buffer => {
      const none = bytes(Buffer.alloc(0));
      const structure = array(text("Signature"), none, bytes(ES256), none, bytes(PAYLOAD));
      const signature = sign("sha256", structure, { key, dsaEncoding: "ieee-p1363" });
      return array(bytes(ES256), EMPTY_MAP, bytes(signature));
    };
    const signers = array(signer(EC.privateKey), signer(OTHER.privateKey));
    const body = array(bytes(Buffer.alloc(0)), EMPTY_MAP, bytes(PAYLOAD), signers);
    const message = Buffer.concat([SIGN, body]);
    expect(await verify(message, EC.publicKey, OTHER.publicKey)).toMatchObject({ ok: true });
    expect(await verify(message, OTHER.publicKey, EC.publicKey)).toMatchObject({ ok: false });
    expect(await verify(message, EC.publicKey)).toMatchObject({ ok: false });
  });

  testWith(
    "python-cose",
    "reject another key, payload, algorithm and encoding, and what is no COSE",
    async () => {
      const good = sign1(ES256, EC.privateKey);
      const bad: [Buffer, KeyObject][] = [
        [good, OTHER.publicKey],
        [good, RSA.publicKey],
        [sign1(ES256, EC.privateKey, undefined, Buffer.from("another")), EC.publicKey],
        [sign1(ES256, EC.privateKey, { dsaEncoding: "der" }), EC.publicKey],
        [sign1(PS256, RSA.privateKey, {}), RSA.publicKey],
        [sign1(Buffer.from("a10127", "hex"), EC.privateKey), EC.publicKey],
        [good.subarray(1), EC.publicKey],
        [good.subarray(0, 20), EC.publicKey],
      ];
      for (const [message, key] of bad) expect(await verify(message, key)).toMatchObject({ ok: false });
    },
  );
});
