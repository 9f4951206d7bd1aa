import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { SignCmsOptions } from "../../../src/cms/index.js";
import { signCms } from "../../../src/cms/index.js";
import { versionOf } from "../../../src/cms/sign/signed-data.js";
import type { SignPathError } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { temporaryFolder } from "../../support/temporary.js";
import { describeWith, openssl } from "../../support/verifiers.js";
import { oidOf } from "../der.js";
import { CONTENT, OpensslCms, sentTo, useSignPath } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

describe("the chain in a signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const optionsOf = async (more: Partial<SignCmsOptions>): Promise<SignCmsOptions> => ({
    policy: await signpath().policy("demo/p-256"),
    ...more,
  });
  const subjectsIn = (signed: Uint8Array): (string | undefined)[] =>
    readSignedData(signed).certificates.map(
      (der) => /^CN=(.*)$/m.exec(new X509Certificate(der).subject)?.[1],
    );

  it("has the root where asked", async () => {
    const { rootCertificate, intermediateCertificate } = emulator();
    const certificates = [rootCertificate, intermediateCertificate];
    expect(subjectsIn(await signCms(CONTENT, await optionsOf({ certificates })))).toHaveLength(2);
    const withRoot = await signCms(CONTENT, await optionsOf({ certificates, includeRoot: true }));
    expect(subjectsIn(withRoot)).toHaveLength(3);
    expect(readSignedData(withRoot).certificates).toContainEqual(new X509Certificate(rootCertificate).raw);
  });

  it("that does not reach a root is told of, or refused before anything is read or sent, as asked", async () => {
    const { rootCertificate, intermediateCertificate } = emulator();
    const told: SignPathError[] = [];
    const onWarning = (error: SignPathError): number => told.push(error);
    for (const certificates of [[], [intermediateCertificate], [rootCertificate]]) {
      await signCms(CONTENT, await optionsOf({ certificates, incompleteChain: "warn", onWarning }));
      expect(told.splice(0)).toMatchObject([{ code: "CHAIN_INCOMPLETE", stage: "cms" }]);
      const before = sentTo(emulator());
      const failing = signCms("/nonexistent", await optionsOf({ certificates, incompleteChain: "error" }));
      expect(await codedFailureOf(failing)).toMatchObject({ code: "CHAIN_INCOMPLETE", attempts: 0 });
      expect(sentTo(emulator())).toBe(before);
    }
    const certificates = [intermediateCertificate, rootCertificate];
    for (const incompleteChain of ["warn", "error"] as const)
      await signCms(CONTENT, await optionsOf({ certificates, incompleteChain, onWarning }));
    expect(told).toEqual([]);
  });

  it("is refused to be watched in a way that there is not", async () => {
    for (const more of [{ incompleteChain: "warn" }, { incompleteChain: "log", onWarning: () => undefined }])
      expect(await codedFailureOf(signCms(CONTENT, await optionsOf(more as never)))).toMatchObject({
        code: "CONFIG_INVALID",
      });
  });
});

describe("the version of a SignedData", () => {
  const data = "1.2.840.113549.1.7.1";
  const [certificate, v1, v2, other] = [0x30, 0xa1, 0xa2, 0xa3].map((tag) => Uint8Array.of(tag, 0));
  if (!certificate || !v1 || !v2 || !other) throw new Error("no elements");
  const facts = { contentType: data, certificates: [certificate], crls: [certificate], signerVersions: [1] };

  it.each([
    ["1 for data, certificates, CRLs and signers by issuer", {}, 1],
    ["3 for another content type", { contentType: "1.2.3" }, 3],
    ["3 for a signer by key identifier", { signerVersions: [1, 3] }, 3],
    ["3 for attribute certificates of version 1", { certificates: [certificate, v1] }, 3],
    ["4 for attribute certificates of version 2", { certificates: [v1, v2] }, 4],
    ["5 for certificates of another format", { certificates: [v2, other] }, 5],
    ["5 for revocation information of another format", { crls: [certificate, v1], signerVersions: [3] }, 5],
  ])("is %s", (_title, more, version) => {
    expect(versionOf({ ...facts, ...more })).toBe(version);
  });
});

describeWith("openssl", "revocation information in a signature", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const run = async (...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await openssl(args, { cwd: folder });
    if (status !== 0) throw new Error(stderr);
  };

  beforeAll(async () => {
    const newKey = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ca"];
    await run("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "365");
    await writeFile(path("index.txt"), "");
    await writeFile(
      path("ca.cnf"),
      "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n",
    );
    const ca = ["-CA", "ca.pem", "-rkey", "ca.key"];
    await run(
      "ca",
      "-config",
      "ca.cnf",
      "-gencrl",
      "-cert",
      "ca.pem",
      "-keyfile",
      "ca.key",
      "-out",
      "crl.pem",
    );
    await run("crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der");
    await run("ocsp", "-issuer", "ca.pem", "-serial", "1", "-reqout", "request.der");
    await run(
      "ocsp",
      "-index",
      "index.txt",
      ...ca,
      "-rsigner",
      "ca.pem",
      "-reqin",
      "request.der",
      "-respout",
      "ocsp.der",
    );
  });

  const sign = async (more: Partial<SignCmsOptions>): Promise<Uint8Array> =>
    signCms(CONTENT, {
      policy: await signpath().policy("demo/p-256"),
      certificates: [emulator().intermediateCertificate],
      ...more,
    });

  it("is in it as it is, and openssl finds the CRL", async () => {
    const [crl, ocsp] = [await readFile(path("crl.der")), await readFile(path("ocsp.der"))];
    const pem = await readFile(path("crl.pem"), "utf8");
    for (const form of [crl, new Uint8Array(crl).buffer, pem, Buffer.from(pem)]) {
      const signed = await sign({ crls: [form], ocspResponses: [ocsp] });
      const { version, crls } = readSignedData(signed);
      expect(version).toBe(5);
      expect(crls.map(({ tag }) => tag)).toEqual([0x30, 0xa1]);
      expect(crls[0]?.bytes).toEqual(crl);
      const [format, response] = crls[1]?.children ?? [];
      expect(format && oidOf(format)).toBe("1.3.6.1.5.5.7.16.2");
      expect(response?.bytes).toEqual(ocsp);
      expect(await cms.verify(signed, CONTENT, "-cades")).toEqual(CONTENT);
    }
    const signed = await sign({ crls: [crl], detached: false, encoding: "ber" });
    expect(await cms.verify(signed, undefined)).toEqual(CONTENT);
    const found = await openssl(["cms", "-cmsout", "-print", "-inform", "DER", "-noout"], { input: signed });
    expect(found.stdout).toMatch(/d\.crl/);
  });

  it("alone of CRLs leaves the version as it is", async () => {
    expect(readSignedData(await sign({ crls: [await readFile(path("crl.der"))] })).version).toBe(1);
  });

  it("is refused where it is something else, before anything is read or sent", async () => {
    const failed = Buffer.from("30030a0106", "hex");
    const certificate = new X509Certificate(await readFile(path("ca.pem"))).raw;
    const crl = await readFile(path("crl.der"));
    const before = sentTo(emulator());
    const cases: Partial<SignCmsOptions>[] = [
      ...[certificate, Buffer.of(), "text", crl.subarray(0, -1), failed].map((bad) => ({ crls: [bad] })),
      ...[certificate, crl, Buffer.of(5, 0), failed].map((bad) => ({ ocspResponses: [bad] })),
    ];
    for (const more of cases) {
      const failure = await codedFailureOf(sign(more));
      expect(failure).toMatchObject({ code: "CONFIG_INVALID", attempts: 0 });
      expect(failure.message).toMatch(/1 of those given cannot be read/);
    }
    expect(sentTo(emulator())).toBe(before);
  });
});
