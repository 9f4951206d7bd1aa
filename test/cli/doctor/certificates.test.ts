import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { describe, expect, test } from "vitest";
import { checkChain } from "../../../src/cli/doctor/checks/chain.js";
import { checkKey } from "../../../src/cli/doctor/checks/key.js";
import type { Finding } from "../../../src/cli/doctor/finding.js";
import { openContext } from "../../../src/cli/doctor/open.js";
import type { SigningPolicy } from "../../../src/policy/signing-policy.js";
import { opensslIn } from "../../support/certificates.js";
import { temporaryFolder } from "../../support/temporary.js";
import { testWith } from "../../support/verifiers.js";
import { fill } from "../support.js";
import type { Case } from "./support.js";
import { examine, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();
const DAY_MS = 86_400_000;

describe("a certificate", () => {
  test.each<[string, number, number, string, string, number]>([
    ["that is over", -60, -1, "error POLICY_UNUSABLE", "expired on", 1],
    ["that is not valid yet", 10, 100, "error POLICY_UNUSABLE", "is not valid before", 1],
    ["that is over soon", -60, 10, "warning CERTIFICATE_EXPIRES_SOON", "in 9 days", 0],
    ["that is valid", -60, 100, "ok OK", "is valid until", 0],
  ])("%s", async (_what, from, to, expected, words, exitCode) => {
    const at = (days: number): Date => new Date(Date.now() + days * DAY_MS);
    await emulator().rotateCertificate("p-384", { newKey: false, validFrom: at(from), validTo: at(to) });
    const found = await examine(emulator(), { policies: ["demo/p-384"] });
    expect([found.of("certificate"), found.exitCode]).toEqual([[expected], exitCode]);
    expect(found.at("certificate")[0]?.found).toContain(words);
    // Nobody asked for this one, or it is to be used all the same: no reason to fail.
    expect((await examine(emulator())).exitCode).toBe(0);
    const allowed = { SIGNPATH_CHECK_VALIDITY: "false" };
    expect((await examine(emulator(), { policies: ["demo/p-384"], env: allowed })).exitCode).toBe(0);
  });
});

describe("a key", () => {
  test.each([
    [
      "demo/rsa-3072",
      "RSA 3072 signs RSA PKCS#1 v1.5 and RSA-PSS with SHA-256, SHA-384 or SHA-512; for code signing",
    ],
    ["demo/p-521", "EC P-521 signs ECDSA with SHA-256, SHA-384 or SHA-512; for code signing"],
  ])("of %s", async (policy, words) => {
    const { at } = await examine(emulator(), { policies: [policy] });
    expect(at("key")[0]?.found).toContain(words);
  });
});

testWith("openssl", "a key that is for RSA-PSS alone, and one that is too short, are told", async () => {
  const folder = temporaryFolder();
  const findingOf = async (name: string, ...newKey: string[]): Promise<Finding | undefined> => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.cer`, "-outform", "DER"];
    await opensslIn(folder, "req", "-x509", "-nodes", "-subj", `/CN=${name}`, "-newkey", ...newKey, ...files);
    const certificateDer = readFileSync(join(folder, `${name}.cer`));
    const bits = new X509Certificate(certificateDer).publicKey.asymmetricKeyDetails?.modulusLength;
    const facts = { keyType: "RSA", keySizeInBits: bits, namedCurve: undefined, defect: undefined };
    const policy = { ...facts, reference: `demo/${name}`, certificateDer } as unknown as SigningPolicy;
    const { context, close } = openContext([], { timeout: 2 }, {}, new AbortController().signal);
    const answer = { status: 200, clock: undefined, policies: [policy], error: undefined };
    const [finding] = await checkKey({ ...context, service: async () => answer });
    await close();
    return finding;
  };
  const pss = ["-pkeyopt", "rsa_keygen_bits:2048"];
  expect((await findingOf("any", "rsa-pss", ...pss))?.found).toBe(
    "demo/any: RSA 2048 signs RSA-PSS alone, with SHA-256, SHA-384 or SHA-512; for any purpose",
  );
  const limited = await findingOf(
    "one",
    "rsa-pss",
    ...pss,
    "-pkeyopt",
    "rsa_pss_keygen_md:sha384",
    "-sha384",
  );
  expect(limited?.found).toContain("signs RSA-PSS alone, with SHA-384;");
  expect((await findingOf("short", "rsa:1024"))?.code).toBe("WEAK_KEY");
});

describe("the chain", () => {
  test("names the addresses in a certificate, and asks them only with --aia", async () => {
    const policy = await policyWithAddress("http://127.0.0.1:9/issuer.cer");
    const { signal } = new AbortController();
    const chainWith = async (aia: boolean): Promise<Finding | undefined> => {
      const { context, close } = openContext([], { timeout: 2, aia }, emulator().environment, signal);
      const answer = { status: 200, clock: undefined, policies: [policy], error: undefined };
      const [finding] = await checkChain({ ...context, service: async () => answer });
      await close();
      return finding;
    };
    const named = await chainWith(false);
    expect(named?.advice).toContain("try --aia: http://127.0.0.1:9/issuer.cer may have it");
    expect(named?.found).not.toContain("is no public address");
    const asked = await chainWith(true);
    expect([asked?.code, asked?.details?.["addresses"]]).toEqual([
      "CHAIN_INCOMPLETE",
      ["http://127.0.0.1:9/issuer.cer"],
    ]);
    expect(asked?.found).toContain("is no public address");
  });

  test("leads to a root by the files of the variable or the option, or does not", async () => {
    const folder = temporaryFolder();
    const { rootCertificate, intermediateCertificate } = emulator();
    fill(folder, {
      "all.pem": intermediateCertificate + rootCertificate,
      "root.pem": rootCertificate,
      "empty.pem": "",
    });
    const policies = ["demo/p-256"];
    const path = (name: string): string => join(folder, name);
    const chainWith = async (given: Case): Promise<string[]> =>
      (await examine(emulator(), { policies, ...given })).of("chain");
    expect(await chainWith({ env: { SIGNPATH_CERTIFICATES: path("all.pem") } })).toEqual(["ok OK"]);
    expect(await chainWith({ flags: { certificates: [path("all.pem")] } })).toEqual(["ok OK"]);
    expect(await chainWith({ flags: { certificates: [path("root.pem")] } })).toEqual([
      "warning CHAIN_INCOMPLETE",
    ]);
    expect(await chainWith({ flags: { aia: true } })).toEqual(["warning CHAIN_INCOMPLETE"]);
    expect(await chainWith({ flags: { certificates: [path("empty.pem")] } })).toEqual(["error USAGE"]);
    expect(await chainWith({ env: { SIGNPATH_CERTIFICATES: path("gone.pem") } })).toEqual(["error USAGE"]);
  });
});

/** A policy whose certificate says where its issuer can be had. */
async function policyWithAddress(address: string): Promise<SigningPolicy> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const issuer = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: "CN=signer",
      issuer: "CN=issuer",
      publicKey: own.publicKey,
      signingKey: issuer.privateKey,
      signingAlgorithm: algorithm,
      extensions: [new x509.AuthorityInfoAccessExtension({ caIssuers: address })],
    },
    webcrypto as Crypto,
  );
  const certificateDer = new Uint8Array(certificate.rawData);
  return { reference: "demo/signer", defect: undefined, certificateDer } as unknown as SigningPolicy;
}
