import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { Bundle, TrustedRoot } from "@sigstore/protobuf-specs";
import type { Bundle as SignedBundle, Witness } from "@sigstore/sign";
import { DSSEBundleBuilder, MessageSignatureBundleBuilder } from "@sigstore/sign";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { describe, expect, it } from "vitest";
import type { SigstoreSignerOptions } from "../../src/toolkit/signers/index.js";
import { sigstoreSigner } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { flipped, opensslAccepts, refusalOf, timestampResponse } from "./signers-support.js";

const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "@sigstore/sign",
  use: "`sigstoreSigner(policy)` as the signer",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "@sigstore/verify"],
});

const TYPE = "application/vnd.in-toto+json";
const STATEMENT = Buffer.from(
  JSON.stringify({ _type: "https://in-toto.io/Statement/v1", predicateType: "https://example.com/α" }),
);
const VARIANTS = ["rsa-2048", "rsa-4096", "p-256", "p-384", "p-521"].map((slug) => ({
  slug,
  name: slug.startsWith("rsa") ? "RSASSA-PKCS1-v1_5" : "ECDSA",
}));

/** As much of a bundle's JSON as the tests read. */
interface SerializedBundle {
  readonly dsseEnvelope?: {
    readonly payload: string;
    readonly signatures: readonly [{ readonly sig: string }];
  };
  readonly messageSignature?: { readonly signature: string };
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string };
    readonly publicKey?: { readonly hint: string };
  };
}

function serialized(bundle: SignedBundle): SerializedBundle {
  return JSON.parse(JSON.stringify(Bundle.toJSON(bundle)));
}

function parsed(bundle: SerializedBundle): SignedBundle {
  return Bundle.fromJSON(bundle) as SignedBundle;
}

/** DSSE's pre-authentication encoding (its protocol, version 1.0), written anew. */
function preAuthenticationEncoding(type: string, payload: Buffer): Buffer {
  const typeBytes = Buffer.from(type);
  const text = `DSSEv1 ${typeBytes.byteLength} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(text), payload]);
}

describe("sigstoreSigner", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const dsseBundle = async (slug: string, options: SigstoreSignerOptions = {}, witnesses: Witness[] = []) => {
    const signer = sigstoreSigner(await signpath().policy(`demo/${slug}`), options);
    const builder = new DSSEBundleBuilder({ signer, witnesses });
    return serialized(await builder.create({ data: STATEMENT, type: TYPE }));
  };
  const messageBundle = async (slug: string, options: SigstoreSignerOptions = {}) => {
    const signer = sigstoreSigner(await signpath().policy(`demo/${slug}`), options);
    const builder = new MessageSignatureBundleBuilder({ signer, witnesses: [] });
    return serialized(await builder.create({ data: STATEMENT }));
  };
  const derOf = (pem: string): Buffer => createPublicKey(pem).export({ type: "spki", format: "der" });

  /** The toolkit's verdict on a bundle that names a public key; it throws where it is not good. */
  const verifyByKey = (bundle: SerializedBundle, pem: string, artifact?: Buffer): void => {
    const hint = createHash("sha256").update(derOf(pem)).digest("base64");
    const rawBytes = derOf(pem);
    const keys = { [hint]: { rawBytes, keyDetails: 0, validFor: undefined } };
    const material = toTrustMaterial(TrustedRoot.fromJSON({}), keys);
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
    verifier.verify(toSignedEntity(parsed(bundle), artifact));
  };

  for (const { slug, name } of VARIANTS) {
    proves(`signs DSSE bundles with the certificate, by ${slug}`, provenBy(slug, name), async () => {
      const { dsseEnvelope, verificationMaterial } = await dsseBundle(slug);
      const certificate = Buffer.from(verificationMaterial.certificate?.rawBytes ?? "", "base64");
      expect(certificate).toEqual(Buffer.from(await emulator().certificateOf(slug)));
      const pem = new X509Certificate(certificate).publicKey
        .export({ type: "spki", format: "pem" })
        .toString();
      const payload = Buffer.from(dsseEnvelope?.payload ?? "", "base64");
      expect(payload).toEqual(STATEMENT);
      const data = preAuthenticationEncoding(TYPE, payload);
      const signature = Buffer.from(dsseEnvelope?.signatures[0]?.sig ?? "", "base64");
      expect(await opensslAccepts(pem, "sha256", { data, signature })).toBe(true);
      expect(await opensslAccepts(pem, "sha256", { data: flipped(data), signature })).toBe(false);
      expect(await opensslAccepts(pem, "sha256", { data: payload, signature })).toBe(false);
    });

    proves(
      `signs DSSE and message bundles that the toolkit accepts, by ${slug}`,
      provenBy(slug, name),
      async () => {
        const pem = await emulator().publicKeyOf(slug);
        const dsse = await dsseBundle(slug, { keyMaterial: "publicKey" });
        verifyByKey(dsse, pem);
        const payload = flipped(STATEMENT, 3).toString("base64");
        const forged = { ...dsse, dsseEnvelope: { ...dsse.dsseEnvelope, payload } } as SerializedBundle;
        expect(() => verifyByKey(forged, pem)).toThrow("signature verification failed");

        const message = await messageBundle(slug, { keyMaterial: "publicKey" });
        verifyByKey(message, pem, STATEMENT);
        expect(() => verifyByKey(message, pem, flipped(STATEMENT))).toThrow("signature verification failed");
        const signature = Buffer.from(message.messageSignature?.signature ?? "", "base64");
        expect(await opensslAccepts(pem, "sha256", { data: STATEMENT, signature })).toBe(true);
      },
    );
  }

  proves("signs what the toolkit accepts by the certificate's chain, with a timestamp", [], async () => {
    let stampedBy: string[] = [];
    const witness: Witness = {
      async testify(content) {
        const signature =
          content.$case === "dsseEnvelope"
            ? content.dsseEnvelope.signatures[0]?.sig
            : content.messageSignature.signature;
        const { response, certificates } = await timestampResponse(emulator(), signature ?? Buffer.alloc(0));
        stampedBy = certificates;
        return { rfc3161Timestamps: [{ signedTimestamp: response }] };
      },
    };
    const bundle = await dsseBundle("p-256", {}, [witness]);
    const authorityOf = (...pems: readonly string[]) => {
      const all = [...pems, emulator().intermediateCertificate, emulator().rootCertificate];
      const found = [...new Set(all.map((pem) => new X509Certificate(pem).raw.toString("base64")))];
      return { certChain: { certificates: found.map((rawBytes) => ({ rawBytes })) } };
    };
    const timestampAuthorities = [authorityOf(...stampedBy)];
    const root = TrustedRoot.fromJSON({ certificateAuthorities: [authorityOf()], timestampAuthorities });
    const thresholds = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 1 };
    const verify = (given: SerializedBundle, trusted: TrustedRoot) =>
      new Verifier(toTrustMaterial(trusted), thresholds).verify(toSignedEntity(parsed(given)));
    const { key } = verify(bundle, root);
    expect(key.export({ type: "spki", format: "der" })).toEqual(derOf(await emulator().publicKeyOf("p-256")));
    const payload = flipped(STATEMENT, 3).toString("base64");
    const forged = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } } as SerializedBundle;
    expect(() => verify(forged, root)).toThrow("signature verification failed");
    const without = TrustedRoot.fromJSON({ certificateAuthorities: [], timestampAuthorities });
    expect(() => verify(bundle, without)).toThrow("Failed to verify certificate chain");
  });

  it("names a public key by the hint that is given", async () => {
    const bundle = await dsseBundle("p-256", { keyMaterial: "publicKey", hint: "release" });
    expect(bundle.verificationMaterial.publicKey).toEqual({ hint: "release" });
  });

  it("signs sixteen bundles at once, each its own", async () => {
    const signer = sigstoreSigner(await signpath().policy("demo/p-256"), { keyMaterial: "publicKey" });
    const pem = await emulator().publicKeyOf("p-256");
    const builder = new MessageSignatureBundleBuilder({ signer, witnesses: [] });
    const artifacts = Array.from({ length: 16 }, (_, index) => Buffer.from(`artifact ${index}`));
    const bundles = await Promise.all(artifacts.map((data) => builder.create({ data })));
    for (const [index, bundle] of bundles.entries()) verifyByKey(serialized(bundle), pem, artifacts[index]);
  });

  it.each(["x509Certificate", "publicKey"] as const)(
    "signs for no later certificate (%s)",
    async (keyMaterial) => {
      const service = emulator();
      const client = signpath();
      const policy = await client.policy("demo/rsa-2048");
      const signer = sigstoreSigner(policy, { keyMaterial });
      await service.rotateCertificate("rsa-2048", { newKey: true });
      expect(await codedFailureOf(signer.sign(STATEMENT))).toMatchObject({ code: "CERTIFICATE_CHANGED" });
      const failure = await refusalOf(service, () => signer.sign(STATEMENT), "CERTIFICATE_CHANGED");
      expect(failure.message).toContain("Make another from the policy");
      const { signature } = await sigstoreSigner(policy, { keyMaterial }).sign(STATEMENT);
      const pem = await service.publicKeyOf("rsa-2048");
      expect(await opensslAccepts(pem, "sha256", { data: STATEMENT, signature })).toBe(true);
    },
  );

  it("signs nothing that is no bytes, and nothing once its signal is aborted", async () => {
    const policy = await signpath().policy("demo/p-256");
    const before = emulator().signingRequests.length;
    await expect(sigstoreSigner(policy).sign("text" as never)).rejects.toThrow(TypeError);
    for (const options of [{ keyMaterial: "certificate" }, { keyMaterial: "publicKey", hint: 5 }])
      expect(() => sigstoreSigner(policy, options as never)).toThrow(TypeError);
    expect(emulator().signingRequests.length).toBe(before);
    const signer = sigstoreSigner(policy, { signal: AbortSignal.abort() });
    await refusalOf(emulator(), () => signer.sign(STATEMENT), "ABORTED");
  });
});
