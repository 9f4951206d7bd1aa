import { createHash } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import * as pkijs3 from "pkijs-3";
import { describe, expect, it } from "vitest";
import { signCms } from "../../src/cms/index.js";
import { useEmulator } from "../support/emulator.js";
import { child, oidOf, readDer } from "./der.js";
import { readCms } from "./read-cms.js";
import type { Hash, Variant } from "./support.js";
import { CONTENT, HASHES, KINDS, nodeName, sentTo, titled, useSignPath, VARIANTS } from "./support.js";

const ID_DATA = "1.2.840.113549.1.7.1";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

/** Encodings of OBJECT IDENTIFIERs, by hand (RFC 5754, RFC 8017). */
const HASH_OIDS: Readonly<Record<Hash, string>> = {
  "SHA-256": "0609608648016503040201",
  "SHA-384": "0609608648016503040202",
  "SHA-512": "0609608648016503040203",
};
const RSA_OIDS: Readonly<Record<Hash, string>> = {
  "SHA-256": "06092a864886f70d01010b",
  "SHA-384": "06092a864886f70d01010c",
  "SHA-512": "06092a864886f70d01010d",
};
const ECDSA_OIDS: Readonly<Record<Hash, string>> = {
  "SHA-256": "06082a8648ce3d040302",
  "SHA-384": "06082a8648ce3d040303",
  "SHA-512": "06082a8648ce3d040304",
};
const SALTS: Readonly<Record<Hash, string>> = { "SHA-256": "20", "SHA-384": "30", "SHA-512": "40" };

/** What the signature algorithm must be, in hexadecimal. */
function signatureAlgorithmOf({ name, hash }: Variant): string {
  if (name === "ECDSA") return `300a${ECDSA_OIDS[hash]}`;
  if (name === "RSASSA-PKCS1-v1_5") return `300d${RSA_OIDS[hash]}0500`;
  const hashAlgorithm = `300d${HASH_OIDS[hash]}0500`;
  const maskGeneration = `301a06092a864886f70d010108${hashAlgorithm}`;
  const parameters = `3034a00f${hashAlgorithm}a11c${maskGeneration}a2030201${SALTS[hash]}`;
  return `304106092a864886f70d01010a${parameters}`;
}

describe("signCms", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const sign = async ({ slug, padding, hash }: Variant): Promise<Uint8Array<ArrayBuffer>> => {
    const policy = await signpath().policy(`demo/${slug}`);
    const certificates = [emulator().intermediateCertificate];
    return signCms(CONTENT, { policy, padding, hash, detached: false, certificates });
  };

  it.each(titled(VARIANTS))("makes DER with the right algorithms by %s", async (_title, variant) => {
    const signed = await sign(variant);
    const { version, digestAlgorithms, contentType, content, signerInfo } = readCms(signed);
    const digestAlgorithm = `300b${HASH_OIDS[variant.hash]}`;
    expect(version.bytes.toString("hex")).toBe("020101");
    expect(digestAlgorithms.map(({ bytes }) => bytes.toString("hex"))).toEqual([digestAlgorithm]);
    expect(contentType).toBe(ID_DATA);
    expect(content).toEqual(CONTENT);
    expect(signerInfo.version.bytes.toString("hex")).toBe("020101");
    expect(signerInfo.digestAlgorithm.bytes.toString("hex")).toBe(digestAlgorithm);
    expect(signerInfo.signatureAlgorithm.bytes.toString("hex")).toBe(signatureAlgorithmOf(variant));
    expect(Buffer.from(asn1js.fromBER(signed).result.toBER()).equals(signed)).toBe(true);
  });

  it.each(titled(KINDS))("gives the signature the form that CMS asks for by %s", async (_title, variant) => {
    const { signature } = readCms(await sign(variant)).signerInfo;
    if (variant.name !== "ECDSA") {
      expect(signature).toHaveLength(Number(variant.slug.slice(-4)) / 8);
      return;
    }
    const { tag, children } = readDer(signature);
    expect(tag).toBe(0x30);
    expect(children.map((integer) => integer.tag)).toEqual([0x02, 0x02]);
    for (const { content } of children) expect(content.readInt8(0)).toBeGreaterThanOrEqual(0);
  });

  it.each(HASHES)(
    "signs the content's type and digest, the time and the certificate, with %s",
    async (hash) => {
      const before = Math.floor(Date.now() / 1000) * 1000;
      const signed = await sign({ slug: "p-256", padding: undefined, hash, name: "ECDSA" });
      const certificate = Buffer.from(await emulator().certificateOf("p-256"));
      const [, serialNumber, , issuer] = child(readDer(certificate), 0).children;
      const { attributes, ...signerInfo } = readCms(signed).signerInfo;
      expect(signerInfo.issuer).toEqual(issuer?.bytes);
      expect(signerInfo.serialNumber).toEqual(serialNumber?.bytes);

      const { [CONTENT_TYPE]: type, [MESSAGE_DIGEST]: digest, ...others } = Object.fromEntries(attributes);
      const { [SIGNING_TIME]: time, [SIGNING_CERTIFICATE_V2]: signingCertificate, ...more } = others;
      expect(more).toEqual({});
      expect(type && oidOf(type)).toBe(ID_DATA);
      expect(digest?.tag).toBe(0x04);
      expect(digest?.content).toEqual(createHash(nodeName(hash)).update(CONTENT).digest());
      expect(time?.tag).toBe(0x17);
      const at = Date.parse(
        String(time?.content).replace(/^(..)(..)(..)(..)(..)(..)Z$/, "20$1-$2-$3T$4:$5:$6Z"),
      );
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());

      // SigningCertificateV2 { certs { ESSCertIDv2 { hashAlgorithm DEFAULT sha256, certHash, issuerSerial } } }
      const essCertId = child(readDer(signingCertificate?.bytes ?? Buffer.of()), 0, 0);
      const [issuerSerial, certHash, ...hashAlgorithm] = essCertId.children.toReversed();
      expect(hashAlgorithm.map(({ bytes }) => bytes.toString("hex"))).toEqual(
        hash === "SHA-256" ? [] : [`300b${HASH_OIDS[hash]}`],
      );
      expect(certHash?.tag).toBe(0x04);
      expect(certHash?.content).toEqual(createHash(nodeName(hash)).update(certificate).digest());
      const [generalNames, serial] = issuerSerial?.children ?? [];
      expect(generalNames?.children.map(({ tag }) => tag)).toEqual([0xa4]);
      expect(generalNames && child(generalNames, 0, 0).bytes).toEqual(issuer?.bytes);
      expect(serial?.bytes).toEqual(serialNumber?.bytes);
    },
  );

  it("signs with SHA-256, PKCS#1 padding, detached and with the time unless asked otherwise", async () => {
    const policy = await signpath().policy("demo/rsa-2048");
    const { content, signerInfo } = readCms(await signCms(CONTENT, { policy }));
    expect(content).toBeUndefined();
    expect(signerInfo.signatureAlgorithm.bytes.toString("hex")).toBe(`300d${RSA_OIDS["SHA-256"]}0500`);
    expect(signerInfo.attributes.has(SIGNING_TIME)).toBe(true);
  });

  it.each([
    ["a UTCTime until 2049", "2049-12-31T23:59:59.999Z", 0x17, "491231235959Z"],
    ["a GeneralizedTime from 2050 on", "2050-01-01T00:00:00.000Z", 0x18, "20500101000000Z"],
    ["a UTCTime from 1950 on", "1950-01-01T00:00:00.000Z", 0x17, "500101000000Z"],
    ["a GeneralizedTime before 1950", "1949-12-31T23:59:59.500Z", 0x18, "19491231235959Z"],
    ["a time before 1970 without its fraction", "1969-12-31T23:59:59.001Z", 0x17, "691231235959Z"],
  ])("writes %s", async (_title, time, tag, text) => {
    const policy = await signpath().policy("demo/p-256");
    const signed = await signCms(CONTENT, { policy, signingTime: new Date(time) });
    const attribute = readCms(signed).signerInfo.attributes.get(SIGNING_TIME);
    expect(attribute?.tag).toBe(tag);
    expect(String(attribute?.content)).toBe(text);
  });

  it("leaves the time out where it is asked to", async () => {
    const policy = await signpath().policy("demo/p-256");
    const signed = await signCms(CONTENT, { policy, signingTime: false });
    expect([...readCms(signed).signerInfo.attributes.keys()].sort()).toEqual(
      [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2].sort(),
    );
  });

  it("sends one hash, which is that of the signed attributes", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = sentTo(emulator());
    const { signed } = readCms(await signCms(CONTENT, { policy })).signerInfo;
    expect(sentTo(emulator())).toBe(before + 1);
    expect(emulator().signingRequests.at(-1)?.hash).toBe(createHash("sha256").update(signed).digest("hex"));
  });

  it.each(titled(VARIANTS))("makes what pkijs 3 and 4 accept by %s", async (_title, variant) => {
    const signed = await sign(variant);
    const root = Buffer.from(emulator().rootCertificate.replace(/-----.*-----/g, ""), "base64");
    // pkijs 3 has the same members; the types of the two cannot be told apart here.
    for (const module of [pkijs, pkijs3 as unknown as typeof pkijs]) {
      const { content } = module.ContentInfo.fromBER(signed);
      const signedData = new module.SignedData({ schema: content });
      const engine = new module.CryptoEngine({ name: "node", crypto: globalThis.crypto });
      const trustedCerts = [module.Certificate.fromBER(root)];
      const verified = await signedData.verify({ signer: 0, checkChain: true, trustedCerts }, engine);
      expect(verified).toBe(true);
    }
  });
});
