import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { CertificateFacts } from "../../src/policy/certificate.js";
import { readCertificate, UnusableCertificate } from "../../src/policy/certificate.js";
import { opensslIn } from "../support/certificates.js";
import { useEmulator } from "../support/emulator.js";
import { thrownBy } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith } from "../support/verifiers.js";

const emulator = useEmulator();

async function certificateOf(policy: string): Promise<Buffer> {
  return Buffer.from(await emulator().certificateOf(policy));
}

function reason(base64: string | undefined, type?: string): string {
  const error = thrownBy(() => readCertificate(base64, type));
  expect(error).toBeInstanceOf(UnusableCertificate);
  return (error as Error).message;
}

describe("the facts of a certificate", () => {
  it.each([
    ["rsa-2048", 2048],
    ["rsa-3072", 3072],
    ["rsa-4096", 4096],
  ])("of %s are those of its RSA key", async (policy, modulusLength) => {
    const der = await certificateOf(policy);
    const facts = readCertificate(der.toString("base64"), "X509");
    expect(facts.key).toEqual({ type: "rsa", modulusLength, publicExponent: 65537n, pss: undefined });
    expect(Buffer.from(facts.der)).toEqual(der);
    expect(facts.der.buffer.byteLength).toBe(der.length);
    expect(facts.publicKey.equals(createPublicKey(await emulator().publicKeyOf(policy)))).toBe(true);
    expect(facts.validFromMs).toBeLessThan(Date.now());
    expect(facts.validToMs).toBeGreaterThan(Date.now());
    expect(Object.isFrozen(facts) && Object.isFrozen(facts.key)).toBe(true);
  });

  it.each([
    ["p-256", "P-256", 256],
    ["p-384", "P-384", 384],
    ["p-521", "P-521", 521],
  ])("of %s are those of its curve", async (policy, namedCurve, modulusLength) => {
    const facts = readCertificate((await certificateOf(policy)).toString("base64"), undefined);
    expect(facts.key).toEqual({ type: "ec", namedCurve, modulusLength });
  });
});

describe("a certificate", () => {
  it.each([
    [undefined, undefined, "it has no X.509 certificate"],
    ["", undefined, "it has no X.509 certificate"],
    [undefined, "Gpg", 'it has no X.509 certificate (certificate type "Gpg")'],
    ["***", "X509", "its certificate is not Base64"],
    ["AAAA\n", "X509", "its certificate is not Base64"],
    ["AAAA", "X509", "its certificate cannot be read"],
    [Buffer.from("not a certificate").toString("base64"), "X509", "its certificate cannot be read"],
  ])("cannot be %j of type %j", (base64, type, message) => {
    expect(reason(base64, type)).toBe(message);
  });

  it("cannot be followed by something else, nor be cut, nor be PEM", async () => {
    const der = await certificateOf("rsa-2048");
    expect(reason(Buffer.concat([der, Buffer.of(0)]).toString("base64"))).toContain(
      "followed by something else",
    );
    expect(reason(der.subarray(0, -1).toString("base64"))).toContain("cannot be read");
    const pem = `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
    expect(reason(Buffer.from(pem).toString("base64"))).toContain("followed by something else");
  });
});

describeWith("openssl", "a certificate with a key of another kind", () => {
  const folder = temporaryFolder();
  const MESSAGE = Buffer.from("message");

  /** Makes a key and a certificate for it, and gives the certificate as the API does. */
  async function make(name: string, ...key: readonly string[]): Promise<string> {
    const out = ["-keyout", `${name}.key`, "-out", `${name}.der`, "-outform", "DER"];
    await opensslIn(folder, "req", "-x509", "-nodes", "-subj", `/CN=${name}`, ...out, ...key);
    return readFileSync(join(folder, `${name}.der`)).toString("base64");
  }

  describe("that is for RSA-PSS only", () => {
    const restricted = ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
    const more = [
      ...restricted,
      ...["-pkeyopt", "rsa_pss_keygen_md:sha256", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256"],
      ...["-pkeyopt", "rsa_pss_keygen_saltlen:32"],
    ];
    const made = new Map<string, CertificateFacts>();
    beforeAll(async () => {
      await Promise.all([
        make("open", ...restricted).then((base64) => made.set("open", readCertificate(base64, "X509"))),
        make("bound", ...more).then((base64) => made.set("bound", readCertificate(base64, "X509"))),
      ]);
    });

    it.each(["open", "bound"])(
      "is known as such, and has a plain RSA key to verify with (%s)",
      async (name) => {
        const facts = made.get(name);
        expect(facts?.key).toEqual({
          type: "rsa",
          modulusLength: 2048,
          publicExponent: 65537n,
          pss: name === "bound" ? { hash: "sha256", mgf1Hash: "sha256", saltLength: 32 } : {},
        });
        expect(facts?.publicKey.asymmetricKeyType).toBe("rsa");
        const message = join(folder, `${name}.txt`);
        await opensslIn(folder, "rand", "-out", message, "100");
        const options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
        await opensslIn(
          folder,
          "dgst",
          "-sha256",
          "-sign",
          `${name}.key`,
          ...options,
          "-out",
          `${name}.sig`,
          message,
        );
        const signature = readFileSync(join(folder, `${name}.sig`));
        if (facts === undefined) throw new Error(name);
        const key = { key: facts.publicKey, padding: 6, saltLength: 32 };
        expect(verify("sha256", readFileSync(message), key, signature)).toBe(true);
        expect(verify("sha256", MESSAGE, key, signature)).toBe(false);
      },
    );
  });

  it.each([
    ["ed25519", ["-newkey", "ed25519"], /its key \(ed25519.*\) is of a kind/],
    ["k1", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], /its key \(ec secp256k1\)/],
    ["p224", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"], /its key \(ec secp224r1\)/],
  ])("such as %s cannot be used", async (name, key, message) => {
    expect(reason(await make(name, ...key))).toMatch(message);
  });

  it("such as an RSA key of an odd length and exponent can be used", async () => {
    const key = ["-newkey", "rsa:2056", "-pkeyopt", "rsa_keygen_pubexp:3"];
    expect(readCertificate(await make("odd", ...key), "X509").key).toMatchObject({
      modulusLength: 2056,
      publicExponent: 3n,
    });
  });
});
