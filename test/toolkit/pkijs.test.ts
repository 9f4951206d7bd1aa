import { describe, expect, it } from "vitest";
import type { Emulator } from "../../src/emulator/index.js";
import { createEngine, policyCertificate } from "../../src/toolkit/pkijs.js";
import { child, readDer } from "../cms/der.js";
import type { Variant } from "../cms/support.js";
import { CONTENT, HASHES, KINDS, OpensslCms, sentTo, titled, useSignPath, VARIANTS } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";
import { provenBy } from "../support/toolkit-row.js";
import type { Order } from "./support.js";
import { derOf, pkijsTest, signWithPkijs, TOOLKITS, toolkits } from "./support.js";

const SHA_256_WITH_RSA = "300d06092a864886f70d01010b0500";

/** The last SignerInfo's signature algorithm, in hexadecimal. */
function signatureAlgorithmIn(signed: Uint8Array, withAttributes: boolean): string {
  const signerInfo = child(readDer(signed), 1, 0).children.at(-1);
  return child(signerInfo ?? readDer(signed), 0, withAttributes ? 4 : 3).bytes.toString("hex");
}

describe.each(toolkits)("%s", (_title, toolkit) => {
  const { pkijs, asn1js } = toolkit;
  const proves = pkijsTest(toolkit, ["`openssl cms`"]);
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const cms = new OpensslCms(emulator);

  /** All that an order needs; changed where a test says so. */
  const orderOf = async (
    { slug, name, hash }: Pick<Variant, "slug" | "name"> & { readonly hash: string | undefined },
    more: Partial<Order> = {},
  ): Promise<Order> => {
    const policy = await signpath().policy(`demo/${slug}`);
    return {
      policy,
      key: policy.privateKey({ name, hash }),
      hash,
      content: CONTENT,
      detached: true,
      withAttributes: true,
      intermediate: emulator().intermediateCertificate,
      ...more,
    };
  };
  const RSA = { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5" };
  const EC = { slug: "p-256", name: "ECDSA" };

  describe("with an engine of this package", () => {
    for (const [title, variant] of titled(VARIANTS)) {
      proves(
        `signs what openssl accepts, attached and detached, by ${title}`,
        provenBy(variant.slug, variant.name),
        async () => {
          const attached = await signWithPkijs(
            toolkit,
            await orderOf(variant, { detached: false, withAttributes: false }),
          );
          expect(await cms.verify(attached, undefined)).toEqual(CONTENT);
          expect(await cms.verify(attached, undefined, "-purpose", "any")).toEqual(CONTENT);
          const detached = await signWithPkijs(toolkit, await orderOf(variant));
          expect(await cms.verify(detached, CONTENT)).toEqual(CONTENT);
          expect(await cms.verify(detached, CONTENT, "-purpose", "any")).toEqual(CONTENT);
        },
      );
    }

    for (const [title, variant] of titled(KINDS)) {
      proves(
        `signs detached without attributes and attached with them by ${title}`,
        provenBy(variant.slug, variant.name),
        async () => {
          const detached = await signWithPkijs(toolkit, await orderOf(variant, { withAttributes: false }));
          expect(await cms.verify(detached, CONTENT)).toEqual(CONTENT);
          const attached = await signWithPkijs(toolkit, await orderOf(variant, { detached: false }));
          expect(await cms.verify(attached, undefined)).toEqual(CONTENT);
        },
      );
    }

    for (const hash of HASHES) {
      proves(`signs with an ECDSA key that is bound to no hash, by ${hash}`, ["P-256"], async () => {
        const order = await orderOf({ ...EC, hash });
        const key = order.policy.privateKey("ECDSA");
        expect(await cms.verify(await signWithPkijs(toolkit, { ...order, key }), CONTENT)).toEqual(CONTENT);
      });
    }

    for (const variant of [RSA, { ...RSA, name: "RSA-PSS" }, EC]) {
      proves(
        `signs with SHA-1 where key and call name it, by ${variant.name}`,
        provenBy(variant.slug, variant.name),
        async () => {
          const signed = await signWithPkijs(toolkit, await orderOf({ ...variant, hash: "SHA-1" }));
          expect(await cms.verify(signed, CONTENT)).toEqual(CONTENT);
        },
      );
    }

    it("writes RSA PKCS#1 with NULL parameters", async () => {
      const order = await orderOf({ ...RSA, hash: "SHA-256" });
      expect(signatureAlgorithmIn(await signWithPkijs(toolkit, order), true)).toBe(SHA_256_WITH_RSA);
      const attached = { ...order, detached: false, withAttributes: false };
      expect(signatureAlgorithmIn(await signWithPkijs(toolkit, attached), false)).toBe(SHA_256_WITH_RSA);
    });

    it("takes the hash in whatever case pkijs takes it", async () => {
      const order = await orderOf({ ...RSA, hash: "SHA-256" });
      await expect(signWithPkijs(toolkit, { ...order, hash: "sha-256" })).resolves.toBeInstanceOf(Uint8Array);
    });

    it.each(titled(KINDS))("signs what pkijs itself accepts by %s", async (_title, variant) => {
      const signed = await signWithPkijs(toolkit, await orderOf(variant, { detached: false }));
      const { content } = pkijs.ContentInfo.fromBER(signed);
      const signedData = new pkijs.SignedData({ schema: content });
      const trustedCerts = [pkijs.Certificate.fromBER(derOf(emulator().rootCertificate))];
      const own = new pkijs.CryptoEngine({ name: "node", crypto: globalThis.crypto });
      for (const engine of [own, createEngine(pkijs)]) {
        const verified = await signedData.verify({ signer: 0, checkChain: true, trustedCerts }, engine);
        expect(verified).toBe(true);
      }
    });

    it("signs where it is the engine for the whole process", async () => {
      const order = await orderOf({ ...EC, hash: "SHA-256" });
      const own = new pkijs.CryptoEngine({ name: "node", crypto: globalThis.crypto });
      const certificate = policyCertificate(order.policy, pkijs);
      try {
        pkijs.setEngine("signpath", createEngine(pkijs));
        await certificate.sign(order.key, "SHA-256");
        expect(certificate.signatureValue.valueBlock.valueHexView.byteLength).toBeGreaterThan(64);
      } finally {
        pkijs.setEngine("node", own);
      }
    });

    it("works with keys that SignPath does not hold as pkijs's own engine does", async () => {
      const engine = createEngine(pkijs);
      const rsa = { ...engine.getAlgorithmParameters("RSASSA-PKCS1-v1_5", "generateKey").algorithm };
      const ec = { ...engine.getAlgorithmParameters("ECDSA", "generateKey").algorithm };
      for (const algorithm of [{ ...rsa, hash: "SHA-256" }, ec]) {
        const keys = await engine.generateKey(algorithm as EcKeyGenParams, false, ["sign", "verify"]);
        if (!("privateKey" in keys)) throw new Error("not a pair of keys");
        const certificate = new pkijs.Certificate();
        certificate.serialNumber = new asn1js.Integer({ value: 1 });
        certificate.notBefore.value = certificate.notAfter.value = new Date();
        await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
        await certificate.sign(keys.privateKey, "SHA-256", engine);
        expect(await certificate.verify(certificate, engine)).toBe(true);
      }
    });
  });

  describe("with an engine of this package, before anything is sent,", () => {
    /** The refusal of a call, which must not reach the service. */
    const refusalOf = async (service: Emulator, promise: Promise<unknown>) => {
      const before = sentTo(service);
      const failure = await codedFailureOf(promise);
      expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
      expect(sentTo(service)).toBe(before);
      return failure;
    };

    it.each(titled(KINDS))("refuses pkijs's default of SHA-1 by %s", async (_title, variant) => {
      const order = await orderOf(variant, { hash: undefined });
      const failure = await refusalOf(emulator(), signWithPkijs(toolkit, order));
      expect(failure.message).toMatch(/SHA-1 \(its default .*SHA-(256|384|512)/);
      const engine = createEngine(pkijs);
      const certificate = policyCertificate(order.policy, pkijs);
      await refusalOf(emulator(), certificate.sign(order.key, undefined, engine));
      await refusalOf(emulator(), new pkijs.CertificationRequest().sign(order.key, undefined, engine));
      const list = new pkijs.CertificateRevocationList();
      await refusalOf(emulator(), list.sign(order.key, undefined, engine));
    });

    it("refuses SHA-1 by an ECDSA key that is bound to no hash, and says how to have it", async () => {
      const order = await orderOf({ ...EC, hash: "SHA-1" });
      const key = order.policy.privateKey("ECDSA");
      for (const hash of ["SHA-1", undefined]) {
        const failure = await refusalOf(emulator(), signWithPkijs(toolkit, { ...order, key, hash }));
        expect(failure.message).toContain('make the key with { hash: "SHA-1" }');
      }
    });

    it.each(titled(KINDS))("refuses another hash than the key's by %s", async (_title, variant) => {
      const other = variant.hash === "SHA-512" ? "SHA-256" : "SHA-512";
      const order = await orderOf(variant, { hash: other });
      const failure = await refusalOf(emulator(), signWithPkijs(toolkit, order));
      expect(failure.message).toContain(`"${variant.hash}"`);
    });
  });

  it("gets the coded error of a signature that failed as the exception's cause", async () => {
    const order = await orderOf({ ...EC, hash: "SHA-256" });
    emulator().addFault({ kind: "status", status: 403 });
    const failure = await failureOf(signWithPkijs(toolkit, order));
    expect(failure).toMatchObject({ name: "OperationError", cause: { code: "FORBIDDEN" } });
  });

  it("gets the policy's certificate as its own Certificate, byte by byte", async () => {
    for (const slug of ["rsa-4096", "p-521"]) {
      const certificate = policyCertificate(await signpath().policy(`demo/${slug}`), pkijs);
      expect(certificate).toBeInstanceOf(pkijs.Certificate);
      const der = new Uint8Array(certificate.toSchema().toBER());
      expect(der).toEqual(await emulator().certificateOf(slug));
    }
  });

  it("gets no certificate of a policy without one", async () => {
    const policy = await signpath().policy("demo/gpg");
    expect(() => policyCertificate(policy, pkijs)).toThrow(/demo\/gpg/);
  });

  it("gets an engine of its own, and that of pkijs 4 where it is not named", () => {
    expect(createEngine(pkijs)).toBeInstanceOf(pkijs.CryptoEngine);
    expect(createEngine()).toBeInstanceOf(TOOLKITS[0]?.pkijs.CryptoEngine);
  });
});
