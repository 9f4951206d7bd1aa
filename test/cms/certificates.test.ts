import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../src/cms/index.js";
import { signCms } from "../../src/cms/index.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { testWith } from "../support/verifiers.js";
import { readCms } from "./read-cms.js";
import { CONTENT, OpensslCms, sentTo, useSignPath } from "./support.js";

const LEAF = "p-256";
const INTERMEDIATE = "SignPath Emulator Signing CA";
const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Common names of the subjects of certificates. */
function namesOf(certificates: readonly Uint8Array[]): string[] {
  return certificates.map((der) => /^CN=(.*)$/m.exec(new X509Certificate(der).subject)?.[1] ?? "").sort();
}

function keyPair(): Promise<CryptoKeyPair> {
  return globalThis.crypto.subtle.generateKey(ES256, true, ["sign", "verify"]);
}

describe("the certificates in a signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const included = async (certificates: SignCmsOptions["certificates"]): Promise<readonly Buffer[]> => {
    const policy = await signpath().policy("demo/p-256");
    return readCms(await signCms(CONTENT, { policy, certificates })).certificates;
  };
  const derOf = (pem: string): Uint8Array<ArrayBuffer> => new Uint8Array(new X509Certificate(pem).raw);
  const otherRoot = async (): Promise<string> => {
    const keys = await keyPair();
    const name = "CN=Somebody Else";
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      signingAlgorithm: ES256,
    });
    return made.toString("pem");
  };

  it("are the policy's alone where no others are given", async () => {
    expect(await included(undefined)).toEqual([Buffer.from(await emulator().certificateOf("p-256"))]);
  });

  it("may be given as PEM, DER, an ArrayBuffer, a certificate object or PEM in bytes", async () => {
    const pem = emulator().intermediateCertificate;
    const der = derOf(pem);
    const forms = [[pem], pem, [der], [der.buffer], [new x509.X509Certificate(pem)], [Buffer.from(pem)]];
    for (const form of forms) {
      const found = await included(form);
      expect(namesOf(found)).toEqual([INTERMEDIATE, LEAF]);
      expect(found).toContainEqual(Buffer.from(der));
    }
  });

  it("are those of the chain, without its root and what else is in a bundle, in whatever order", async () => {
    const { rootCertificate, intermediateCertificate } = emulator();
    const leaf = new X509Certificate(await emulator().certificateOf("p-256")).toString();
    const rsa = new X509Certificate(await emulator().certificateOf("rsa-2048")).toString();
    const pems = [rootCertificate, rsa, intermediateCertificate, await otherRoot(), leaf];
    const bundle = pems.map((pem) => `A line before it\n${pem}`).join("\n");
    for (const certificates of [[bundle], pems, pems.toReversed(), new Set(pems)]) {
      expect(namesOf(await included(certificates))).toEqual([INTERMEDIATE, LEAF]);
    }
  });

  it("are the policy's alone where the issuer is missing between it and the root", async () => {
    expect(namesOf(await included([emulator().rootCertificate]))).toEqual([LEAF]);
  });

  it("do not include one that bears the issuer's name and has another key", async () => {
    const keys = await keyPair();
    const { subject } = new x509.X509Certificate(emulator().intermediateCertificate);
    const impostor = await x509.X509CertificateGenerator.createSelfSigned({
      name: subject,
      keys,
      signingAlgorithm: ES256,
    });
    expect(namesOf(await included([impostor]))).toEqual([LEAF]);
  });

  it("include one from an authority's old key for its new one, which is issued but not signed by itself", async () => {
    const { subject, publicKey } = new x509.X509Certificate(emulator().intermediateCertificate);
    const old = await keyPair();
    const identifier = (key: x509.PublicKeyType) => x509.SubjectKeyIdentifierExtension.create(key);
    const oldRoot = await x509.X509CertificateGenerator.createSelfSigned({
      name: subject,
      keys: old,
      signingAlgorithm: ES256,
      extensions: [new x509.BasicConstraintsExtension(true), await identifier(old.publicKey)],
    });
    const newWithOld = await x509.X509CertificateGenerator.create({
      subject,
      issuer: subject,
      publicKey,
      signingKey: old.privateKey,
      signingAlgorithm: ES256,
      extensions: [
        new x509.BasicConstraintsExtension(true),
        await identifier(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(old.publicKey),
      ],
    });
    const found = await included([oldRoot, newWithOld]);
    expect(found).toContainEqual(Buffer.from(newWithOld.rawData));
    expect(found).not.toContainEqual(Buffer.from(oldRoot.rawData));
    expect(found).toHaveLength(2);
  });

  it.each<[string, SignCmsOptions["certificates"]]>([
    ["text that is no PEM", ["intermediate.pem"]],
    ["an empty text", [""]],
    ["bytes that are no certificate", [Uint8Array.of(1, 2, 3)]],
    ["damaged PEM", ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"]],
    ["an object that is no certificate", [{} as { rawData: ArrayBuffer }]],
  ])("are refused before anything is read or sent: %s", async (_title, certificates) => {
    const policy = await signpath().policy("demo/p-256");
    const before = sentTo(emulator());
    const failure = await codedFailureOf(signCms("/nonexistent", { policy, certificates }));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
    expect(failure.message).toMatch(/certificate 1 .*PEM or DER/);
    expect(sentTo(emulator())).toBe(before);
  });
});

describe("a certificate that is replaced", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  testWith("openssl", "while the content is read is the one that signs and that is included", async () => {
    const policy = await signpath().policy("demo/p-256");
    const old = policy.certificateDer;
    const client = signpath();
    const service = emulator();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT.subarray(0, 10);
      await service.rotateCertificate("p-256", { newKey: true });
      await client.policies();
      yield CONTENT.subarray(10);
    };
    const signed = await signCms(source(), { policy, certificates: [service.intermediateCertificate] });
    expect(readCms(signed).certificates).not.toContainEqual(Buffer.from(old));
    expect(readCms(signed).certificates).toContainEqual(Buffer.from(await service.certificateOf("p-256")));
    expect(await cms.verify(signed, CONTENT, "-cades")).toEqual(CONTENT);
  });

  testWith("openssl", "unnoticed fails one signature and is included in the next", async () => {
    const policy = await signpath().policy("demo/p-384");
    await emulator().rotateCertificate("p-384", { newKey: true });
    const options = { policy, certificates: [emulator().intermediateCertificate] };
    expect(await codedFailureOf(signCms(CONTENT, options))).toMatchObject({
      code: "CERTIFICATE_CHANGED",
      retryable: true,
    });
    expect(await cms.verify(await signCms(CONTENT, options), CONTENT, "-cades")).toEqual(CONTENT);
  });

  testWith("openssl", "for the same key does no harm to a signature under way", async () => {
    const policy = await signpath().policy("demo/p-521");
    await emulator().rotateCertificate("p-521", { newKey: false });
    const options = { policy, certificates: [emulator().intermediateCertificate] };
    expect(await cms.verify(await signCms(CONTENT, options), CONTENT, "-cades")).toEqual(CONTENT);
  });
});
