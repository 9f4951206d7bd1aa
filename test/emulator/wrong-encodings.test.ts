import type { KeyObject } from "node:crypto";
import { constants, createHash, publicDecrypt, verify, X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { ecdsaPayload, hashOf, MESSAGE, rsaPayload, signatureOf, signHash, submit } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
  await Promise.all(["rsa-2048", "p-256", "p-384", "p-521"].map((slug) => emulator.certificateOf(slug)));
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const PSS = { SignatureAlgorithm: "RsaPss" };
const ASN1 = { EcdsaSignatureFormat: "Asn1" };

const keyOf = async (policy: string): Promise<KeyObject> =>
  new X509Certificate(await emulator.certificateOf(policy)).publicKey;

const rsaAnswer = (changes = {}): Promise<Answer> => submit(emulator, { payload: rsaPayload(changes) });
const rsa = async (changes = {}): Promise<Buffer> => signatureOf(await rsaAnswer(changes));
const ec = async (changes = {}, policy = "p-256"): Promise<Buffer> =>
  signatureOf(await submit(emulator, { policy, payload: ecdsaPayload(changes) }));

async function pkcs1(signature: Buffer): Promise<boolean> {
  return verify("sha256", MESSAGE, await keyOf("rsa-2048"), signature);
}

async function pss(signature: Buffer): Promise<boolean> {
  const key = { key: await keyOf("rsa-2048"), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return verify("sha256", MESSAGE, key, signature);
}

async function ecdsa(
  signature: Buffer,
  dsaEncoding: "der" | "ieee-p1363" = "ieee-p1363",
  policy = "p-256",
): Promise<boolean> {
  return verify("sha256", MESSAGE, { key: await keyOf(policy), dsaEncoding }, signature);
}

/** What the RSA operation was applied to. */
async function blockOf(signature: Buffer): Promise<Buffer> {
  return publicDecrypt({ key: await keyOf("rsa-2048"), padding: constants.RSA_NO_PADDING }, signature);
}

const integer = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);

async function modulus(): Promise<bigint> {
  const { n = "" } = (await keyOf("rsa-2048")).export({ format: "jwk" });
  return integer(Buffer.from(n, "base64url"));
}

describe("a signature made from the right one", () => {
  it.each<[Fault, number, number]>([
    [{ kind: "hashed-twice" }, 256, 64],
    [{ kind: "flipped-bit" }, 256, 64],
    [{ kind: "long-signature" }, 257, 65],
    [{ kind: "empty-signature" }, 0, 0],
    [{ kind: "reversed-signature" }, 256, 64],
  ])("does not verify: %j", async (fault, rsaLength, ecLength) => {
    emulator.addFault({ ...fault, count: 3 });
    const [first, second, third] = [await rsa(), await rsa(PSS), await ec()];
    expect([first.length, second.length, third.length]).toEqual([rsaLength, rsaLength, ecLength]);
    expect([await pkcs1(first), await pss(second), await ecdsa(third)]).toEqual([false, false, false]);
    expect(emulator.requests.slice(-3).map((entry) => entry.fault)).toEqual(Array(3).fill(fault.kind));
  });

  it("is the right one, changed as it is named", async () => {
    const right = await rsa();
    emulator.addFault({ kind: "flipped-bit" });
    emulator.addFault({ kind: "long-signature" });
    emulator.addFault({ kind: "reversed-signature" });
    const [flipped, long, reversed] = [await rsa(), await rsa(), await rsa()];
    expect((flipped[255] ?? 0) ^ (right[255] ?? 0)).toBe(1);
    expect(long).toEqual(Buffer.concat([right, Buffer.of(0)]));
    expect(reversed.reverse()).toEqual(right);
  });

  it("is over the hash of the hash where that was hashed twice", async () => {
    const hash = createHash("sha256").update(MESSAGE).digest();
    emulator.addFault({ kind: "hashed-twice", count: 2 });
    expect(verify("sha256", hash, await keyOf("rsa-2048"), await rsa())).toBe(true);
    const key = { key: await keyOf("p-256"), dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", hash, key, await ec())).toBe(true);
  });
});

describe("leading zeros", () => {
  it("are stripped from RSA-PSS and ECDSA signatures, which are made until they have some", async () => {
    emulator.addFault({ kind: "stripped-zeros", count: 2 });
    const [first, second] = [await rsa(PSS), await ec({}, "p-521")];
    expect(first.length).toBeLessThan(256);
    expect(await pss(Buffer.concat([Buffer.alloc(256 - first.length), first]))).toBe(true);
    expect(second.length).toBeLessThan(132);
  });

  it("of an RSA PKCS#1 signature wait for one that has them", async () => {
    emulator.addFault({ kind: "stripped-zeros" });
    let stripped: Buffer | undefined;
    for (let number = 0; stripped === undefined && number < 5000; number++) {
      const hash = hashOf("sha256", Buffer.from(String(number)));
      const signature = await rsa({ Base64EncodedHash: hash });
      const met = emulator.requests.at(-1)?.fault === "stripped-zeros";
      expect(met).toBe(signature.length < 256);
      if (met) stripped = signature;
    }
    expect(stripped?.[0]).not.toBe(0);
  });

  it("are not in DER", async () => {
    emulator.addFault({ kind: "stripped-zeros" });
    expect(await ecdsa(await ec(ASN1), "der")).toBe(true);
  });
});

describe("a signature out of range", () => {
  it("is not below the RSA modulus", async () => {
    emulator.addFault({ kind: "out-of-range-signature", count: 2 });
    const right = integer(await rsa(PSS));
    expect(right).toBeGreaterThanOrEqual(await modulus());
    const signature = await rsa();
    expect(signature).toHaveLength(256);
    expect(integer(signature)).toBeGreaterThanOrEqual(await modulus());
    expect(await pkcs1(signature)).toBe(false);
  });

  it.each(["r", "s"] as const)("has an ECDSA %s that is not below the order", async (component) => {
    const right = await ec({}, "p-521");
    emulator.addFault({ kind: "out-of-range-signature", component });
    const wrong = await ec({}, "p-521");
    expect(wrong).toHaveLength(132);
    expect(await ecdsa(wrong, "ieee-p1363", "p-521")).toBe(false);
    const [at, other] = component === "r" ? [0, 66] : [66, 0];
    const order = integer(wrong.subarray(at, at + 66)) - integer(right.subarray(at, at + 66));
    expect(order.toString(2)).toHaveLength(521);
    expect(wrong.subarray(other, other + 66)).toEqual(right.subarray(other, other + 66));
  });

  it.each(["p-256", "p-384"])("is the order itself where %s has no room for more", async (policy) => {
    emulator.addFault({ kind: "out-of-range-signature" });
    const half = policy === "p-256" ? 32 : 48;
    const wrong = (await ec({}, policy)).subarray(half);
    expect(wrong).toHaveLength(half);
    expect(wrong.subarray(0, 4)).toEqual(Buffer.alloc(4, 0xff));
  });

  it("is DER where that was asked for", async () => {
    emulator.addFault({ kind: "out-of-range-signature" });
    const signature = await ec(ASN1);
    expect(signature[0]).toBe(0x30);
    expect(await ecdsa(signature, "der")).toBe(false);
  });
});

describe("RSA PKCS#1 in a wrong encoding", () => {
  const HASH = createHash("sha256").update(MESSAGE).digest();

  it.each<[Extract<Fault, { kind: "wrong-pkcs1" }>["encoding"], RegExp]>([
    ["other-oid", /^0001f{404}003031300d060960864801650304020905000420$/],
    ["missing-null", /^0001f{408}00302f300b0609608648016503040201042[0]$/],
    ["bare-hash", /^0001f{442}00$/],
    ["encryption-block", /^0002(?:(?!00)..){202}003031300d060960864801650304020105000420$/],
  ])("holds the right hash after what is wrong: %s", async (encoding, before) => {
    emulator.addFault({ kind: "wrong-pkcs1", encoding });
    const signature = await rsa();
    expect(signature).toHaveLength(256);
    expect(await pkcs1(signature)).toBe(false);
    const block = await blockOf(signature);
    expect(block.subarray(-32)).toEqual(HASH);
    expect(block.subarray(0, -32).toString("hex")).toMatch(before);
  });

  it("has bytes after the hash", async () => {
    emulator.addFault({ kind: "wrong-pkcs1", encoding: "trailing-bytes" });
    const signature = await rsa();
    expect(await pkcs1(signature)).toBe(false);
    const block = (await blockOf(signature)).toString("hex");
    expect(block).toMatch(/^0001f{16}003031300d060960864801650304020105000420/);
    expect(block.indexOf(HASH.toString("hex"))).toBe(60);
  });
});

describe("RSA-PSS in a wrong encoding", () => {
  it.each(["other-mgf1-hash", "other-trailer"] as const)("does not verify: %s", async (encoding) => {
    emulator.addFault({ kind: "wrong-pss", encoding });
    const signature = await rsa(PSS);
    expect(signature).toHaveLength(256);
    expect(await pss(signature)).toBe(false);
    const block = await blockOf(signature);
    expect(block.at(-1)).toBe(encoding === "other-trailer" ? 0xcc : 0xbc);
    expect(await pss(await rsa(PSS))).toBe(true);
  });
});

describe("an ECDSA signature", () => {
  it("may have s before r", async () => {
    const right = await ec();
    emulator.addFault({ kind: "swapped-signature", count: 2 });
    expect(await ec()).toEqual(Buffer.concat([right.subarray(32), right.subarray(0, 32)]));
    expect(await ecdsa(await ec(ASN1), "der")).toBe(false);
  });

  it("may be P1363 where DER was asked for", async () => {
    emulator.addFault({ kind: "p1363-signature" });
    const signature = await ec(ASN1);
    expect([await ecdsa(signature), await ecdsa(signature, "der")]).toEqual([true, false]);
  });
});

describe("a fault in a signature waits for one that it fits", () => {
  it.each<[Fault, () => Promise<Buffer>, () => Promise<Buffer>]>([
    [{ kind: "wrong-pkcs1", encoding: "bare-hash" }, () => rsa(PSS), () => rsa()],
    [{ kind: "wrong-pss", encoding: "other-trailer" }, () => rsa(), () => rsa(PSS)],
    [{ kind: "swapped-signature" }, () => rsa(), () => ec()],
    [{ kind: "p1363-signature" }, () => ec(), () => ec(ASN1)],
  ])("%j", async (fault, unfitting, fitting) => {
    emulator.addFault(fault);
    await unfitting();
    expect(emulator.requests.at(-1)?.fault).toBeUndefined();
    await fitting();
    expect(emulator.requests.at(-1)?.fault).toBe(fault.kind);
  });
});

describe("a signature may be written", () => {
  it.each<[Extract<Fault, { kind: "signature-encoding" }>["encoding"], (right: Buffer) => unknown]>([
    ["base64url", (right) => right.toString("base64url")],
    ["unpadded", (right) => right.toString("base64").replaceAll("=", "")],
    ["hex", (right) => right.toString("hex")],
    ["lines", (right) => (right.toString("base64").match(/.{1,64}/g) ?? []).join("\r\n")],
    ["garbage", (right) => `*${right.toString("base64").slice(1)}`],
    ["null", () => null],
  ])("as %s", async (encoding, expected) => {
    const right = await rsa();
    emulator.addFault({ kind: "signature-encoding", encoding, count: 2 });
    expect((await rsaAnswer()).json()["Signature"]).toBe(expected(right));
    const data = {
      hash: hashOf("sha256"),
      signatureAlgorithm: "Rsa",
      rsaOptions: { hashAlgorithmName: "Sha256" },
    };
    const answer = (await signHash(emulator, data)).json();
    expect(answer["hashSigningResult"]).toEqual({ signature: expected(right) });
  });

  it("otherwise only where that is a difference", async () => {
    emulator.addFault({ kind: "signature-encoding", encoding: "unpadded" });
    // 96 bytes need no padding.
    expect(await ec({}, "p-384")).toHaveLength(96);
    expect(emulator.requests.at(-1)?.fault).toBeUndefined();
  });
});

describe("a certificate rotated when a signing request comes", () => {
  it("and its key are new before the signature is made", async () => {
    const before = await keyOf("p-256");
    emulator.addFault({ kind: "rotate-certificate" });
    const signature = await ec();
    expect(emulator.requests.at(-1)?.fault).toBe("rotate-certificate");
    const key = { key: before, dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", MESSAGE, key, signature)).toBe(false);
    expect(await ecdsa(signature)).toBe(true);
    expect(await ecdsa(await ec())).toBe(true);
  });

  it("keeps its key where that is ordered, and is over or to come as ordered", async () => {
    const hour = 3_600_000;
    const before = await keyOf("p-256");
    emulator.addFault({
      kind: "rotate-certificate",
      newKey: false,
      validFromMs: -2 * hour,
      validToMs: -hour,
    });
    await ec();
    const expired = new X509Certificate(await emulator.certificateOf("p-256"));
    expect(expired.publicKey.equals(before)).toBe(true);
    expect(Date.parse(expired.validTo)).toBeLessThan(Date.now());
    emulator.addFault({ kind: "rotate-certificate", newKey: false, validFromMs: hour });
    await ec();
    const future = new X509Certificate(await emulator.certificateOf("p-256"));
    expect(Date.parse(future.validFrom)).toBeGreaterThan(Date.now());
  });

  it("waits for a request that is not refused", async () => {
    const before = await emulator.certificateOf("p-256");
    emulator.addFault({ kind: "rotate-certificate" });
    expect((await submit(emulator, { policy: "p-256" })).status).toBe(400);
    expect(await emulator.certificateOf("p-256")).toEqual(before);
    await ec();
    expect(await emulator.certificateOf("p-256")).not.toEqual(before);
  });
});

describe("rotateCertificate", () => {
  it("makes certificates that are over or not valid yet", async () => {
    const [validFrom, validTo] = [new Date("2020-01-01T00:00:00Z"), new Date("2021-01-01T00:00:00Z")];
    await emulator.rotateCertificate("p-384", { newKey: false, validFrom, validTo });
    const certificate = new X509Certificate(await emulator.certificateOf("p-384"));
    expect(Date.parse(certificate.validFrom)).toBe(validFrom.getTime());
    expect(Date.parse(certificate.validTo)).toBe(validTo.getTime());
  });

  it.each([
    [{ validFrom: new Date("2021-01-01"), validTo: new Date("2020-01-01") }, /later than validFrom/],
    [{ validTo: new Date("2020-01-01") }, /later than validFrom/],
    [{ validFrom: new Date(Number.NaN) }, /validFrom must be a date/],
    [{ validTo: new Date("1900-01-01") }, /validTo must be a date/],
  ])("refuses what no certificate can say: %j", async (validity, message) => {
    const rotation = emulator.rotateCertificate("p-384", { newKey: false, ...validity });
    await expect(rotation).rejects.toThrow(TypeError);
    await expect(emulator.rotateCertificate("p-384", { newKey: false, ...validity })).rejects.toThrow(
      message,
    );
  });
});
