import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { CertificateInput } from "../../src/policy/chain.js";
import { buildChain, readCertificates } from "../../src/policy/chain.js";
import { opensslIn } from "../support/certificates.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith } from "../support/verifiers.js";

const emulator = useEmulator();

function der(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new X509Certificate(pem).raw);
}

describe("certificates that a caller gives", () => {
  it("may be PEM with several of them and talk in between, DER, or objects", () => {
    const { rootCertificate: root, intermediateCertificate: intermediate } = emulator();
    const bundle = `subject=one\n${intermediate}\nsubject=two\r\n${root.replaceAll("\n", "\r\n")}trailer`;
    const both = [der(intermediate), der(root)];
    expect(readCertificates([bundle])).toEqual(both);
    expect(readCertificates([Buffer.from(bundle)])).toEqual(both);
    expect(readCertificates([intermediate, root])).toEqual(both);
    expect(readCertificates([Buffer.from(der(intermediate)), der(root).buffer])).toEqual(both);
    expect(readCertificates([{ rawData: der(intermediate).buffer }, { rawData: der(root).buffer }])).toEqual(
      both,
    );
    expect(readCertificates([])).toEqual([]);
  });

  it("may stand within a larger buffer", () => {
    const one = der(emulator().rootCertificate);
    const large = Buffer.alloc(one.length + 20, 0x41);
    large.set(one, 10);
    const [read] = readCertificates([large.subarray(10, 10 + one.length)]);
    expect(read).toEqual(one);
    expect(read?.buffer.byteLength).toBe(one.length);
  });

  it.each<[string, CertificateInput]>([
    ["text without PEM", "no certificate"],
    ["nothing", ""],
    ["no bytes", new Uint8Array()],
    ["other bytes", Uint8Array.of(1, 2, 3)],
    ["broken PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    ["bytes of PEM without a certificate", Buffer.from("-----BEGIN X-----\nAAAA\n-----END X-----")],
    ["something else", 5 as unknown as string],
    ["nothing at all", undefined as unknown as string],
  ])("are refused as %s, with their number", (_what, input) => {
    const error = codedThrownBy(() => readCertificates([emulator().rootCertificate, input]));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain("certificate 2 of those given cannot be read");
  });
});

describe("a policy's chain", () => {
  it("is the certificate alone where nothing else is given", async () => {
    const policy = await connect(emulator()).policy("demo/rsa-2048");
    const chain = await policy.certificateChain();
    expect(chain).toHaveLength(1);
    expect(chain[0]?.equal(policy.certificate)).toBe(true);
  });

  it.each([
    [["intermediate", "root"]],
    [["root", "intermediate"]],
    [["root", "root", "intermediate", "intermediate"]],
  ])("goes up to the root from %j", async (order) => {
    const { rootCertificate: root, intermediateCertificate: intermediate } = emulator();
    const policy = await connect(emulator()).policy("demo/p-256");
    const candidates = order.map((name) => (name === "root" ? root : intermediate));
    const chain = await policy.certificateChain(candidates);
    const raw = chain.map(({ rawData }) => new Uint8Array(rawData));
    expect(raw).toEqual([await emulator().certificateOf("p-256"), der(intermediate), der(root)]);
  });

  it("takes one PEM bundle, and refuses what it cannot read", async () => {
    const { rootCertificate, intermediateCertificate } = emulator();
    const policy = await connect(emulator()).policy("demo/p-256");
    expect(await policy.certificateChain(intermediateCertificate + rootCertificate)).toHaveLength(3);
    expect(await codedFailureOf(policy.certificateChain(["x"]))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("leaves out what did not issue it", async () => {
    const { rootCertificate: root } = emulator();
    const leaf = await emulator().certificateOf("p-256");
    expect(buildChain(leaf, [der(root)])).toEqual([leaf]);
    expect(buildChain(leaf, [leaf, await emulator().certificateOf("rsa-2048")])).toEqual([leaf]);
    expect(buildChain(der(root), [der(root), leaf])).toEqual([der(root)]);
  });
});

describeWith("openssl", "an issuer's name", () => {
  const folder = temporaryFolder();
  const file = (name: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(readFileSync(join(folder, `${name}.der`)));
  const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

  function make(name: string, subject: string, ...more: readonly string[]): Promise<void> {
    return opensslIn(
      folder,
      ...["req", "-x509", "-nodes", "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.pem`],
      ...more,
    ).then(() => opensslIn(folder, "x509", "-in", `${name}.pem`, "-outform", "DER", "-out", `${name}.der`));
  }

  beforeAll(async () => {
    // Without key identifiers, so that the name and the signature alone tell.
    writeFileSync(join(folder, "bare.cnf"), "[req]\ndistinguished_name = name\n[name]\n");
    const none = ["-addext", "subjectKeyIdentifier=none", "-addext", "authorityKeyIdentifier=none"];
    const bare = ["-config", "bare.cnf", ...none];
    await make("ca", "/CN=Issuer", ...EC, ...bare);
    await make("same-name-ec", "/CN=Issuer", ...EC, ...bare);
    await make("same-name-rsa", "/CN=Issuer", "-newkey", "rsa:2048", ...bare);
    await make("same-name-ed25519", "/CN=Issuer", "-newkey", "ed25519", ...bare);
    await make("leaf", "/CN=Leaf", ...EC, ...bare, "-CA", "ca.pem", "-CAkey", "ca.key");
    // Two that have issued each other.
    await make("a", "/CN=A", ...EC, ...bare, "-CA", "ca.pem", "-CAkey", "ca.key");
    await make("b", "/CN=B", ...EC, ...bare, "-CA", "a.pem", "-CAkey", "a.key");
    await opensslIn(folder, "req", "-new", "-key", "a.key", "-subj", "/CN=A", "-out", "a.csr");
    await opensslIn(
      folder,
      ...["x509", "-req", "-in", "a.csr", "-CA", "b.pem", "-CAkey", "b.key", "-days", "9"],
      ...["-outform", "DER", "-out", "a2.der"],
    );
  });

  it("is not enough: the issuer must have made the signature", () => {
    const wrong = ["same-name-ec", "same-name-rsa", "same-name-ed25519"].map(file);
    expect(buildChain(file("leaf"), wrong)).toEqual([file("leaf")]);
    expect(buildChain(file("leaf"), [...wrong, file("ca")])).toEqual([file("leaf"), file("ca")]);
  });

  it("does not lead in circles", () => {
    expect(buildChain(file("b"), [file("a2"), file("b")])).toEqual([file("b"), file("a2")]);
  });
});
