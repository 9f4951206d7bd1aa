import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { lacks, run, temporaryDirectory } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const POLICIES = ["rsa-2048", "p-256", "p-384", "p-521", "approval"];

async function files(policy: string): Promise<Record<"root" | "chain" | "leaf", string>> {
  const directory = await temporaryDirectory();
  const paths = {
    root: join(directory, "root.pem"),
    chain: join(directory, "chain.pem"),
    leaf: join(directory, "leaf.pem"),
  };
  writeFileSync(paths.root, emulator.rootCertificate);
  writeFileSync(paths.chain, emulator.intermediateCertificate);
  writeFileSync(paths.leaf, new X509Certificate(await emulator.certificateOf(policy)).toString());
  return paths;
}

describe("the certificates", () => {
  it("make a chain: a root, an intermediate, and one for each policy", async () => {
    const root = new X509Certificate(emulator.rootCertificate);
    const intermediate = new X509Certificate(emulator.intermediateCertificate);
    expect([root.ca, intermediate.ca]).toEqual([true, true]);
    expect(root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
    expect(intermediate.checkIssued(root) && intermediate.verify(root.publicKey)).toBe(true);
    const serials = [root.serialNumber, intermediate.serialNumber];
    for (const policy of POLICIES) {
      const leaf = new X509Certificate(await emulator.certificateOf(policy));
      expect(leaf.ca).toBe(false);
      expect(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey)).toBe(true);
      expect(leaf.subject).toContain(`CN=${policy}`);
      serials.push(leaf.serialNumber);
    }
    expect(new Set(serials).size).toBe(serials.length);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it("are valid now, for ten, five and two years", async () => {
    const leaf = new X509Certificate(await emulator.certificateOf("p-256"));
    const all = [emulator.rootCertificate, emulator.intermediateCertificate, leaf.toString()];
    const years = all.map((pem) => {
      const { validFrom, validTo } = new X509Certificate(pem);
      expect(Date.parse(validFrom)).toBeLessThan(Date.now());
      return (Date.parse(validTo) - Date.parse(validFrom)) / (365.25 * 86_400_000);
    });
    expect(years.map(Math.round)).toEqual([10, 5, 2]);
  });

  it("name what their keys are for", async () => {
    const leaf = new X509Certificate(await emulator.certificateOf("rsa-2048"));
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4"]);
  });

  it.skipIf(lacks("openssl")).each(POLICIES)(
    "of %s satisfy openssl, strictly and for S/MIME",
    async (policy) => {
      const { root, chain, leaf } = await files(policy);
      for (const purpose of ["any", "smimesign"]) {
        const args = [
          "verify",
          "-x509_strict",
          "-purpose",
          purpose,
          "-CAfile",
          root,
          "-untrusted",
          chain,
          leaf,
        ];
        expect(run("openssl", ...args)).toEqual({ code: 0, output: `${leaf}: OK\n` });
      }
      const { output } = run("openssl", "x509", "-in", leaf, "-noout", "-text");
      expect(output).toMatch(/Key Usage: critical\s+Digital Signature, Non Repudiation/);
      expect(output).toMatch(/Extended Key Usage:\s+Code Signing, E-mail Protection/);
      expect(output).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
      expect(output).toContain("Subject Key Identifier");
      expect(output).toContain("Authority Key Identifier");
    },
  );

  it.skipIf(lacks("openssl"))(
    "do not let a policy's key issue certificates, nor the intermediate's issue another authority",
    async () => {
      const { chain } = await files("p-256");
      const { output } = run("openssl", "x509", "-in", chain, "-noout", "-text");
      expect(output).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      expect(output).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    },
  );
});
