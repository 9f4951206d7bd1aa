import type { KeyObject } from "node:crypto";
import { constants, verify, X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import {
  api,
  ecdsaPayload,
  hashOf,
  MESSAGE,
  rsaPayload,
  send,
  signatureOf,
  signHash,
  submit,
} from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared({ processingMs: 0 });
  await Promise.all([emulator.certificateOf("rsa-2048"), emulator.certificateOf("p-256")]);
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const PADDING = constants.RSA_PKCS1_PSS_PADDING;

async function keyOf(policy: string): Promise<KeyObject> {
  return new X509Certificate(await emulator.certificateOf(policy)).publicKey;
}

async function pkcs1(signature: Buffer): Promise<boolean> {
  return verify("sha256", MESSAGE, await keyOf("rsa-2048"), signature);
}

async function pss(signature: Buffer, saltLength = 32): Promise<boolean> {
  return verify("sha256", MESSAGE, { key: await keyOf("rsa-2048"), padding: PADDING, saltLength }, signature);
}

async function ecdsa(signature: Buffer, dsaEncoding: "der" | "ieee-p1363" = "ieee-p1363"): Promise<boolean> {
  return verify("sha256", MESSAGE, { key: await keyOf("p-256"), dsaEncoding }, signature);
}

async function rsa(changes: Record<string, unknown> = {}): Promise<Buffer> {
  return signatureOf(await submit(emulator, { payload: rsaPayload(changes) }));
}

async function ec(changes: Record<string, unknown> = {}): Promise<Buffer> {
  return signatureOf(await submit(emulator, { policy: "p-256", payload: ecdsaPayload(changes) }));
}

const PSS = { SignatureAlgorithm: "RsaPss" };

describe("a signature may be", () => {
  it.each<Fault>([{ kind: "other-key" }, { kind: "other-hash" }, { kind: "zero-signature" }])(
    "as long as the right one, and wrong: %j",
    async (fault) => {
      emulator.addFault({ ...fault, count: 3 });
      const [first, second, third] = [await rsa(), await rsa(PSS), await ec()];
      expect([first.length, second.length, third.length]).toEqual([256, 256, 64]);
      expect([await pkcs1(first), await pss(second), await ecdsa(third)]).toEqual([false, false, false]);
      expect(emulator.requests.slice(-3).map((entry) => entry.fault)).toEqual(Array(3).fill(fault.kind));
      expect([await pkcs1(await rsa()), await pss(await rsa(PSS)), await ecdsa(await ec())]).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  it("one of another hash, by the right key", async () => {
    emulator.addFault({ kind: "other-hash" });
    const signature = await rsa();
    const other = Buffer.from(hashOf("sha256"), "base64");
    other[0] = (other[0] ?? 0) ^ 0xff;
    const right = await rsa({ Base64EncodedHash: other.toString("base64") });
    expect(signature).toEqual(right);
  });

  it("all zeros", async () => {
    emulator.addFault({ kind: "zero-signature" });
    expect(await rsa()).toEqual(Buffer.alloc(256));
  });

  it("without its last byte", async () => {
    emulator.addFault({ kind: "truncated-signature", count: 2 });
    const [first, second] = [await rsa(), await ec()];
    expect([first.length, second.length]).toEqual([255, 63]);
    expect((await rsa()).subarray(0, 255)).toEqual(first);
  });

  it("in the other padding", async () => {
    emulator.addFault({ kind: "other-padding", count: 2 });
    const [asPss, asPkcs1] = [await rsa(), await rsa(PSS)];
    expect([await pkcs1(asPss), await pss(asPss)]).toEqual([false, true]);
    expect([await pss(asPkcs1), await pkcs1(asPkcs1)]).toEqual([false, true]);
  });

  it.each([0, 20, 64, 222])("with a salt of %i bytes", async (saltLength) => {
    emulator.addFault({ kind: "other-salt-length", saltLength });
    const signature = await rsa(PSS);
    expect([await pss(signature), await pss(signature, saltLength)]).toEqual([false, true]);
  });

  it("with the longest salt where a longer one was ordered", async () => {
    emulator.addFault({ kind: "other-salt-length", saltLength: 5000 });
    expect(await pss(await rsa(PSS), 222)).toBe(true);
  });

  it("DER where P1363 was asked for", async () => {
    emulator.addFault({ kind: "der-signature" });
    const signature = await ec();
    expect([await ecdsa(signature), await ecdsa(signature, "der")]).toEqual([false, true]);
  });
});

describe("a fault in the signature", () => {
  it.each<[Fault, () => Promise<Buffer>, () => Promise<Buffer>]>([
    [{ kind: "der-signature" }, () => rsa(), () => ec()],
    [{ kind: "der-signature" }, () => ec({ EcdsaSignatureFormat: "Asn1" }), () => ec()],
    [{ kind: "other-padding" }, () => ec(), () => rsa()],
    [{ kind: "other-salt-length", saltLength: 1 }, () => rsa(), () => rsa(PSS)],
  ])("waits for a signature that it fits: %j", async (fault, unfitting, fitting) => {
    emulator.addFault(fault);
    await unfitting();
    expect(emulator.requests.at(-1)?.fault).toBeUndefined();
    await fitting();
    expect(emulator.requests.at(-1)?.fault).toBe(fault.kind);
  });

  it("is not used up by a request that is refused", async () => {
    emulator.addFault({ kind: "zero-signature" });
    expect((await submit(emulator, { policy: "nothing" })).status).toBe(400);
    expect(await rsa()).toEqual(Buffer.alloc(256));
  });

  it("meets SignHash too", async () => {
    emulator.addFault({ kind: "zero-signature", route: "signHash" });
    expect(await pkcs1(await rsa())).toBe(true);
    const data = {
      hash: hashOf("sha256"),
      signatureAlgorithm: "Rsa",
      rsaOptions: { hashAlgorithmName: "Sha256" },
    };
    const { hashSigningResult } = (await signHash(emulator, data)).json() as {
      hashSigningResult: { signature: string };
    };
    expect(Buffer.from(hashSigningResult.signature, "base64")).toEqual(Buffer.alloc(256));
  });

  it("meets the signed artifact of a request that was not fast, once", async () => {
    const { signingRequestId } = (await submit(emulator, { fast: "false" })).json();
    const path = api(emulator, `SigningRequests/${signingRequestId}/SignedArtifact`);
    await delay(5);
    emulator.addFault({ kind: "zero-signature" });
    expect(signatureOf(await send(emulator, { path }))).toEqual(Buffer.alloc(256));
    expect(await pkcs1(signatureOf(await send(emulator, { path })))).toBe(true);
    emulator.addFault({ kind: "other-key" });
    expect(await pkcs1(signatureOf(await send(emulator, { path })))).toBe(false);
  });

  it("does not spoil the signing request itself", async () => {
    emulator.addFault({ kind: "zero-signature" });
    await rsa();
    const path = api(emulator, `SigningRequests/${emulator.signingRequests.at(-1)?.id}/SignedArtifact`);
    expect(await pkcs1(signatureOf(await send(emulator, { path })))).toBe(true);
  });
});

describe("a certificate that is rotated in mid-run", () => {
  it("keeps the key where only the certificate is new", async () => {
    const before = new X509Certificate(await emulator.certificateOf("p-256"));
    await emulator.rotateCertificate("p-256", { newKey: false });
    const after = new X509Certificate(await emulator.certificateOf("p-256"));
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(await ecdsa(await ec())).toBe(true);
  });

  it("changes key, list and signatures together where the key is new", async () => {
    const before = await keyOf("rsa-2048");
    await emulator.rotateCertificate("rsa-2048", { newKey: true });
    const signature = await rsa();
    expect(verify("sha256", MESSAGE, before, signature)).toBe(false);
    expect(await pkcs1(signature)).toBe(true);
    const listed = await send(emulator, {
      path: api(emulator, "Cryptoki/MySigningPolicies?signingPolicySlug=rsa-2048"),
    });
    const certificate = Buffer.from(await emulator.certificateOf("rsa-2048")).toString("base64");
    expect(listed.json()).toMatchObject({ signingPolicies: [{ certificateBytes: certificate }] });
  });

  it("is refused for a policy that there is not", async () => {
    await expect(emulator.rotateCertificate("nothing", { newKey: true })).rejects.toThrow(RangeError);
  });
});
