import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import type { SigningPolicy } from "../../src/index.js";
import {
  createCertificateRequest,
  createOcspResponse,
  createRevocationList,
  createSelfSignedCertificate,
  createTimestampResponse,
  issueCertificate,
} from "../../src/toolkit/x509/index.js";
import { withOneKey } from "../../src/toolkit/x509/signer.js";
import type { Variant } from "../cms/support.js";
import { KINDS, sentTo, titled, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import type { RunResult } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { openssl } from "../support/verifiers.js";

const DAY_MS = 86_400_000;
const TRUST_NOTHING_ELSE = ["-no-CApath", "-no-CAstore"];

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const folder = temporaryFolder();

const documents = toolkitTest({
  subpath: "/x509",
  toolkit: "@peculiar/x509",
  use: "`createCertificateRequest`, `issueCertificate`, `createRevocationList`, …",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl req`", "`openssl verify`", "`openssl crl`"],
});
const services = toolkitTest({
  subpath: "/x509",
  toolkit: "pkijs",
  use: "`createOcspResponse`, `createTimestampResponse`",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl ocsp`", "`openssl ts`"],
});

function save(name: string, content: string | ArrayBuffer | Uint8Array): string {
  const path = join(folder, `${randomUUID()}.${name}`);
  writeFileSync(path, typeof content === "string" ? content : new Uint8Array(content));
  return path;
}

/** The same with one bit of the signature, which is at the end, changed. */
function tampered(der: ArrayBuffer | Uint8Array): Uint8Array {
  const copy = Uint8Array.from(new Uint8Array(der));
  copy[copy.length - 9] = (copy[copy.length - 9] ?? 0) ^ 4;
  return copy;
}

async function choiceOf({ slug, hash, padding }: Variant) {
  return { policy: await signpath().policy(`demo/${slug}`), hash, padding };
}

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** A root of the policy's own. */
function rootOf(choice: Awaited<ReturnType<typeof choiceOf>>): Promise<x509.X509Certificate> {
  return createSelfSignedCertificate({
    ...choice,
    subject: "CN=Test root, O=Example Ltd.",
    notBefore: inDays(-1),
    notAfter: inDays(30),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  });
}

async function otherKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

async function issued(
  choice: Awaited<ReturnType<typeof choiceOf>>,
  root: x509.X509Certificate,
  usage: string[],
  publicKey?: CryptoKey,
): Promise<x509.X509Certificate> {
  return issueCertificate({
    ...choice,
    issuer: root,
    publicKey: publicKey ?? (await otherKey()).publicKey,
    subject: "CN=Holder",
    notBefore: inDays(-1),
    notAfter: inDays(10),
    extensions: [new x509.ExtendedKeyUsageExtension(usage, true)],
  });
}

describe.each(titled(KINDS))("by %s", (_title, variant) => {
  const algorithm = provenBy(variant.slug, variant.name);

  documents("a certification request is good to openssl, and a changed one is not", algorithm, async () => {
    const choice = await choiceOf(variant);
    const request = await createCertificateRequest({
      ...choice,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "sign.example" }])],
    });
    const check = (der: ArrayBuffer | Uint8Array): Promise<RunResult> =>
      openssl(["req", "-verify", "-noout", "-text", "-inform", "DER", "-in", save("csr", der)]);
    const good = await check(request.rawData);
    expect(good.stderr).toMatch(/verify OK/);
    expect(good.stdout).toContain("DNS:sign.example");
    // As for a renewal: the name and the key of the policy's certificate, byte for byte.
    expect(request.subjectName.toArrayBuffer()).toEqual(
      choice.policy.certificate.subjectName.toArrayBuffer(),
    );
    expect(request.publicKey.rawData).toEqual(choice.policy.certificate.publicKey.rawData);
    expect((await check(tampered(request.rawData))).stderr).not.toMatch(/verify OK/);
  });

  documents(
    "a root and what it issues are good to openssl, and a changed one is not",
    algorithm,
    async () => {
      const choice = await choiceOf(variant);
      const root = await rootOf(choice);
      const keys = await otherKey();
      const request = await x509.Pkcs10CertificateRequestGenerator.create({
        name: "CN=Äpfel & Söhne, O=Example Ltd.",
        keys,
        signingAlgorithm: { name: "ECDSA", hash: "SHA-256" } as EcdsaParams,
      });
      const certificate = await issueCertificate({
        ...choice,
        issuer: root,
        request,
        notBefore: inDays(-1),
        notAfter: inDays(9000),
        serialNumber: "0102030405",
      });
      const check = (der: ArrayBuffer | Uint8Array): Promise<RunResult> =>
        openssl([
          ...["verify", "-x509_strict", "-check_ss_sig", "-CAfile", save("root.pem", root.toString("pem"))],
          ...TRUST_NOTHING_ELSE,
          save("cert.pem", pem(der)),
        ]);
      expect(await check(certificate.rawData)).toMatchObject({ status: 0 });
      expect(certificate.subjectName.toArrayBuffer()).toEqual(request.subjectName.toArrayBuffer());
      expect(certificate.serialNumber).toBe("0102030405");
      expect((await check(tampered(certificate.rawData))).status).not.toBe(0);
    },
  );

  documents(
    "a revocation list is good to openssl, also in verifying, and a changed one is not",
    algorithm,
    async () => {
      const choice = await choiceOf(variant);
      const root = await rootOf(choice);
      const [good, revoked] = await Promise.all([issued(choice, root, []), issued(choice, root, [])]);
      const list = await createRevocationList({
        ...choice,
        issuer: root,
        revoked: [{ serialNumber: revoked.serialNumber, reason: x509.X509CrlReason.keyCompromise }],
        nextUpdate: inDays(7),
        number: 2n ** 64n,
      });
      const rootPath = save("root.pem", root.toString("pem"));
      const check = (der: ArrayBuffer | Uint8Array): Promise<RunResult> =>
        openssl([
          ...["crl", "-inform", "DER", "-in", save("crl", der), "-noout", "-text"],
          ...["-CAfile", rootPath, ...TRUST_NOTHING_ELSE],
        ]);
      const verified = await check(list.rawData);
      expect(verified.stderr).toMatch(/verify OK/);
      expect(verified.stdout).toMatch(/Key Compromise/);
      expect(verified.stdout).toMatch(/X509v3 CRL Number/);
      expect((await check(tampered(list.rawData))).stderr).not.toMatch(/verify OK/);
      const crlPath = save("crl.pem", pem(list.rawData, "X509 CRL"));
      const verify = (certificate: x509.X509Certificate): Promise<RunResult> =>
        openssl([
          ...["verify", "-crl_check", "-CRLfile", crlPath, "-CAfile", rootPath, ...TRUST_NOTHING_ELSE],
          save("cert.pem", certificate.toString("pem")),
        ]);
      expect(await verify(good)).toMatchObject({ status: 0 });
      const refusal = await verify(revoked);
      expect(refusal.status).not.toBe(0);
      expect(refusal.stderr).toMatch(/certificate revoked/);
    },
  );

  services("an OCSP response is good to openssl, and a changed one is not", algorithm, async () => {
    const choice = await choiceOf(variant);
    const root = await rootOf(choice);
    const [good, revoked] = [await issued(choice, root, []), await issued(choice, root, [])];
    const rootPath = save("root.pem", root.toString("pem"));
    const request = join(folder, `${randomUUID()}.ocspreq`);
    const about = [good, revoked].flatMap((each) => ["-cert", save("cert.pem", each.toString("pem"))]);
    const made = await openssl(["ocsp", "-issuer", rootPath, ...about, "-reqout", request]);
    expect(made).toMatchObject({ status: 0 });
    const response = await createOcspResponse({
      ...choice,
      request: new Uint8Array(readFileSync(request)),
      responder: root,
      nextUpdate: inDays(1),
      statusOf: ({ serialNumber }) =>
        BigInt(`0x${serialNumber}`) === BigInt(`0x${revoked.serialNumber}`)
          ? { status: "revoked", revocationDate: inDays(-0.5), reason: 1 }
          : { status: "good" },
    });
    const check = (der: Uint8Array, ...more: string[]): Promise<RunResult> =>
      openssl([
        ...["ocsp", "-respin", save("ocsp", der), "-issuer", rootPath, ...more],
        ...["-CAfile", rootPath, ...TRUST_NOTHING_ELSE],
      ]);
    // With the request it compares the nonce, with the certificates it says what is so of them.
    expect((await check(response, "-reqin", request)).stderr).toMatch(/Response verify OK/);
    const verified = await check(response, "-no_nonce", ...about);
    expect(verified.stderr).toMatch(/Response verify OK/);
    expect(verified.stdout).toMatch(/\.cert\.pem: good/);
    expect(verified.stdout).toMatch(/\.cert\.pem: revoked/);
    expect(verified.stdout).toMatch(/Reason: keyCompromise/);
    const changed = Uint8Array.from(response);
    const at = Buffer.from(response).indexOf(Buffer.from("18", "hex")) + 5;
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect((await check(changed, "-reqin", request)).stderr).not.toMatch(/Response verify OK/);
  });

  services("a timestamp is good to openssl, and a changed one is not", algorithm, async () => {
    const choice = await choiceOf(variant);
    const root = await rootOf(choice);
    const authority = await issued(
      choice,
      root,
      [x509.ExtendedKeyUsage.timeStamping],
      await choice.policy.publicKey({ name: variant.name, hash: variant.hash }),
    );
    const data = save("data", "what is stamped");
    const query = join(folder, `${randomUUID()}.tsq`);
    await openssl(["ts", "-query", "-data", data, "-sha512", "-cert", "-out", query]);
    const response = await createTimestampResponse({
      ...choice,
      request: new Uint8Array(readFileSync(query)),
      timestampPolicy: "1.3.6.1.4.1.32473.7",
      authority,
      accuracySeconds: 1,
    });
    const rootPath = save("root.pem", root.toString("pem"));
    const check = async (der: Uint8Array): Promise<RunResult> => {
      const reply = save("tsr", der);
      if (variant.padding !== "pss")
        return openssl(["ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", rootPath]);
      // `openssl ts` knows no RSA-PSS, `openssl cms` does.
      const token = `${reply}.token`;
      await openssl(["ts", "-reply", "-in", reply, "-token_out", "-out", token]);
      const trust = ["-CAfile", rootPath, ...TRUST_NOTHING_ELSE, "-purpose", "timestampsign"];
      return openssl(["cms", "-verify", "-inform", "DER", "-in", token, ...trust, "-out", `${token}.info`]);
    };
    const { status, stdout, stderr } = await check(response);
    expect(stdout + stderr).toMatch(/Verification:? (?:OK|successful)/);
    expect(status).toBe(0);
    expect((await check(tampered(response))).status).not.toBe(0);
  });
});

function pem(der: ArrayBuffer | Uint8Array, label = "CERTIFICATE"): string {
  const lines =
    Buffer.from(new Uint8Array(der))
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

describe("what cannot be made is refused before anything is sent", () => {
  const policyOf = (slug: string): Promise<SigningPolicy> => signpath().policy(`demo/${slug}`);

  async function refusalOf(make: () => Promise<unknown>): Promise<unknown> {
    const before = sentTo(emulator());
    const error = await codedFailureOf(make());
    expect(sentTo(emulator())).toBe(before);
    return error;
  }

  it("a certificate by a policy whose own is not that of an authority", async () => {
    const policy = await policyOf("p-256");
    const { publicKey } = await otherKey();
    const options = { policy, publicKey, subject: "CN=Holder", notAfter: inDays(1) };
    expect(await refusalOf(() => issueCertificate(options))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("a document in the name of another key's certificate", async () => {
    const policy = await policyOf("p-256");
    const issuer = await rootOf(
      await choiceOf({ slug: "rsa-2048", hash: "SHA-256", padding: undefined, name: "" }),
    );
    const options = { policy, issuer, nextUpdate: inDays(1), number: 1 };
    expect(await refusalOf(() => createRevocationList(options))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("not for the key"),
    });
  });

  it("a certificate for a request with a wrong signature", async () => {
    const choice = await choiceOf({ slug: "p-256", hash: "SHA-256", padding: undefined, name: "ECDSA" });
    const root = await rootOf(choice);
    const request = await createCertificateRequest(choice);
    const options = { ...choice, issuer: root, request: tampered(request.rawData), notAfter: inDays(1) };
    expect(await refusalOf(() => issueCertificate(options as never))).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it.each([
    ["a hash that is none", { hash: "SHA-3" }, "ALGORITHM_NOT_SUPPORTED"],
    ["SHA-1", { hash: "SHA-1" }, "ALGORITHM_NOT_SUPPORTED"],
    ["a padding with an EC key", { padding: "pss" }, "ALGORITHM_NOT_SUPPORTED"],
    ["a subject that is none", { subject: "no name" }, "CONFIG_INVALID"],
  ])("a request with %s", async (_title, more, code) => {
    const policy = await policyOf("p-256");
    const options = { policy, ...more } as Parameters<typeof createCertificateRequest>[0];
    expect(await refusalOf(() => createCertificateRequest(options))).toMatchObject({ code });
  });

  it.each([
    ["dates in the wrong order", { notAfter: new Date(0) }],
    ["no date", { notAfter: new Date(Number.NaN) }],
    ["a serial number of 21 bytes", { notAfter: inDays(1), serialNumber: "11".repeat(21) }],
    ["a serial number of zero", { notAfter: inDays(1), serialNumber: "0000" }],
    ["a serial number that is no number", { notAfter: inDays(1), serialNumber: "xyz" }],
  ])("a certificate with %s", async (_title, more) => {
    const policy = await policyOf("p-256");
    expect(await refusalOf(() => createSelfSignedCertificate({ policy, ...more }))).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it.each([
    ["no bytes of a request", new Uint8Array()],
    ["bytes that are no request", new Uint8Array(100).fill(0x30)],
    ["a request that is too long", new Uint8Array(70_000)],
  ])("an OCSP response and a timestamp for %s", async (_title, request) => {
    const policy = await policyOf("p-256");
    const statusOf = () => ({ status: "good" }) as const;
    expect(await refusalOf(() => createOcspResponse({ policy, request, statusOf }))).toMatchObject({
      code: "CONFIG_INVALID",
    });
    const timestampPolicy = "1.2.3";
    expect(
      await refusalOf(() => createTimestampResponse({ policy, request, timestampPolicy })),
    ).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it("a timestamp with a certificate that is not for timestamps", async () => {
    const policy = await policyOf("p-256");
    const query = join(folder, "query.tsq");
    await openssl(["ts", "-query", "-digest", "00".repeat(32), "-sha256", "-out", query]);
    const request = new Uint8Array(readFileSync(query));
    expect(
      await refusalOf(() => createTimestampResponse({ policy, request, timestampPolicy: "1.2.3" })),
    ).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("not for timestamps") });
  });

  it("what was aborted", async () => {
    const policy = await policyOf("p-256");
    const signal = AbortSignal.abort();
    expect(await refusalOf(() => createCertificateRequest({ policy, signal }))).toMatchObject({
      code: "ABORTED",
    });
  });
});

it("a document is not given out where the policy got another key while it was made", async () => {
  const policy = await signpath().policy("demo/p-384");
  const making = withOneKey({ policy }, async () => {
    await emulator().rotateCertificate("p-384", { newKey: true });
    await signpath().policies();
    return "a document";
  });
  expect(await codedFailureOf(making)).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true });
});
