import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type * as pkijs4 from "pkijs";
import { describe, expect } from "vitest";
import { createEngine, policyCertificate } from "../../src/toolkit/pkijs.js";
import { child, readDer } from "../cms/der.js";
import type { Variant } from "../cms/support.js";
import { KINDS, titled, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { provenBy } from "../support/toolkit-row.js";
import { openssl } from "../support/verifiers.js";
import { pkijsTest, toolkits } from "./support.js";

const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const DAY_MS = 86_400_000;

describe.each(toolkits)("a document by %s that a key in SignPath signs", (_title, toolkit) => {
  const { pkijs, asn1js } = toolkit;
  const proves = pkijsTest(toolkit, ["`openssl req`", "`openssl verify`", "`openssl crl`"]);
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const folder = temporaryFolder();

  const name = (text: string) =>
    new pkijs.AttributeTypeAndValue({ type: COMMON_NAME, value: new asn1js.Utf8String({ value: text }) });
  const keysOf = async ({ slug, name, hash }: Variant) => {
    const policy = await signpath().policy(`demo/${slug}`);
    return { policy, ...(await policy.keyPair({ name, hash })), engine: createEngine(pkijs) };
  };
  /** Writes a file of DER and gives its path. */
  const save = async (file: string, document: { toSchema(encode?: boolean): { toBER(): ArrayBuffer } }) => {
    const path = join(folder, file);
    await writeFile(path, Buffer.from(document.toSchema(true).toBER()));
    return path;
  };
  const selfSigned = async (variant: Variant): Promise<pkijs4.Certificate> => {
    const { privateKey, publicKey, engine } = await keysOf(variant);
    const certificate = new pkijs.Certificate();
    certificate.version = 2;
    certificate.serialNumber = new asn1js.Integer({ value: 4711 });
    certificate.subject.typesAndValues.push(name("Self-signed"));
    certificate.issuer.typesAndValues.push(name("Self-signed"));
    certificate.notBefore.value = new Date(Date.now() - DAY_MS);
    certificate.notAfter.value = new Date(Date.now() + DAY_MS);
    const authority = new pkijs.BasicConstraints({ cA: true }).toSchema().toBER();
    certificate.extensions = [
      new pkijs.Extension({ extnID: BASIC_CONSTRAINTS, critical: true, extnValue: authority }),
    ];
    await certificate.subjectPublicKeyInfo.importKey(publicKey, engine);
    await certificate.sign(privateKey, variant.hash, engine);
    return certificate;
  };

  for (const [title, variant] of titled(KINDS)) {
    proves(
      `is a good self-signed certificate by ${title}`,
      provenBy(variant.slug, variant.name),
      async () => {
        const certificate = await selfSigned(variant);
        const path = await save("self.der", certificate);
        const pem = join(folder, "self.pem");
        expect(await openssl(["x509", "-in", path, "-inform", "DER", "-out", pem])).toMatchObject({
          status: 0,
        });
        const trust = ["-CAfile", pem, "-no-CApath", "-no-CAstore"];
        const verified = await openssl(["verify", "-check_ss_sig", ...trust, pem]);
        expect(verified).toMatchObject({ status: 0, stdout: `${pem}: OK\n` });
        // Both places name the algorithm, and alike (RFC 5280, section 4.1.1.2).
        const outer = readDer(Buffer.from(certificate.toSchema(true).toBER()));
        expect(child(outer, 0, 2).bytes).toEqual(child(outer, 1).bytes);
      },
    );

    proves(`is a good certification request by ${title}`, provenBy(variant.slug, variant.name), async () => {
      const { privateKey, publicKey, engine } = await keysOf(variant);
      const request = new pkijs.CertificationRequest();
      request.subject.typesAndValues.push(name("Release signing"));
      request.attributes = [];
      await request.subjectPublicKeyInfo.importKey(publicKey, engine);
      await request.sign(privateKey, variant.hash, engine);
      const path = await save("request.der", request);
      const { status, stderr } = await openssl(["req", "-verify", "-noout", "-inform", "DER", "-in", path]);
      expect(stderr).toMatch(/verify OK/);
      expect(status).toBe(0);
    });

    proves(`is a good revocation list by ${title}`, provenBy(variant.slug, variant.name), async () => {
      const { policy, privateKey, engine } = await keysOf(variant);
      const issuer = policyCertificate(policy, pkijs);
      const list = new pkijs.CertificateRevocationList();
      list.version = 1;
      list.issuer = issuer.subject;
      list.thisUpdate = new pkijs.Time({ value: new Date() });
      list.nextUpdate = new pkijs.Time({ value: new Date(Date.now() + DAY_MS) });
      list.revokedCertificates = [
        new pkijs.RevokedCertificate({
          userCertificate: new asn1js.Integer({ value: 4711 }),
          revocationDate: new pkijs.Time({ value: new Date() }),
        }),
      ];
      await list.sign(privateKey, variant.hash, engine);
      const path = await save("list.der", list);
      const pem = join(folder, "issuer.pem");
      await writeFile(pem, policy.certificatePem);
      const args = [
        "crl",
        "-inform",
        "DER",
        "-in",
        path,
        "-CAfile",
        pem,
        "-no-CApath",
        "-no-CAstore",
        "-text",
      ];
      const { status, stderr, stdout } = await openssl(args);
      expect(stderr).toMatch(/verify OK/);
      expect(status).toBe(0);
      expect(stdout).toMatch(/Serial Number: 1267/);
    });
  }
});
