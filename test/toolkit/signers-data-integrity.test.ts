import { createHash, createPublicKey } from "node:crypto";
import { contexts as credentials } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import dataIntegrity from "@digitalbazaar/data-integrity-context";
import { fromJwk } from "@digitalbazaar/ecdsa-multikey";
import { cryptosuite } from "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite";
import multikey from "@digitalbazaar/multikey-context";
import jsigs from "jsonld-signatures";
import { describe, expect, it } from "vitest";
import { dataIntegritySigner } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { derOf } from "../support/ecdsa-der.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { flipped, opensslAccepts, refusalOf } from "./signers-support.js";

const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "@digitalbazaar/data-integrity",
  use: "`dataIntegritySigner(policy, { id })` as the signer",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "jsonld-signatures"],
});

const CONTROLLER = "did:example:issuer";
const ID = `${CONTROLLER}#release`;
const CREDENTIAL = {
  "@context": ["https://www.w3.org/ns/credentials/v2"],
  type: ["VerifiableCredential"],
  issuer: CONTROLLER,
  credentialSubject: { id: "did:example:subject", name: "Subject" },
};
const VARIANTS = [
  { slug: "p-256", curve: "P-256", hash: "sha256" },
  { slug: "p-384", curve: "P-384", hash: "sha384" },
] as const;
const { AssertionProofPurpose } = jsigs.purposes;

/** The documents that are known, and nothing from a network. */
async function loaderFor(pem: string) {
  const jwk = createPublicKey(pem).export({ format: "jwk" });
  const key = await fromJwk({ jwk, id: ID, controller: CONTROLLER });
  const method = await key.export({ publicKey: true, includeContext: true });
  const controller = { "@context": "https://www.w3.org/ns/did/v1", id: CONTROLLER, assertionMethod: [ID] };
  const known = new Map<string, object>([
    ...credentials,
    ...dataIntegrity.contexts,
    ...multikey.contexts,
    [CONTROLLER, controller],
    [ID, { ...method, id: ID, controller: CONTROLLER }],
  ]);
  return async (url: string) => {
    const document = known.get(url);
    if (document === undefined) throw new Error(`${url} is not known`);
    return { documentUrl: url, document };
  };
}

describe("dataIntegritySigner", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  for (const { slug, curve, hash } of VARIANTS) {
    proves(`signs credentials that the toolkit accepts, by ${slug}`, provenBy(slug, "ECDSA"), async () => {
      const pem = await emulator().publicKeyOf(slug);
      const documentLoader = await loaderFor(pem);
      const inner = dataIntegritySigner(await signpath().policy(`demo/${slug}`), { id: ID });
      expect(inner.algorithm).toBe(curve);
      const calls: { data: Uint8Array; signature: Uint8Array }[] = [];
      const signer = {
        ...inner,
        sign: async ({ data }: { data: Uint8Array }) => {
          const signature = await inner.sign({ data });
          calls.push({ data: Uint8Array.from(data), signature });
          return signature;
        },
      };
      const purpose = new AssertionProofPurpose();
      const suite = new DataIntegrityProof({ signer, cryptosuite });
      const signed = await jsigs.sign({ ...CREDENTIAL }, { suite, purpose, documentLoader });
      expect(signed["proof"]).toMatchObject({
        type: "DataIntegrityProof",
        cryptosuite: "ecdsa-rdfc-2019",
        verificationMethod: ID,
      });

      const verify = (document: object) =>
        jsigs.verify(document, { suite: new DataIntegrityProof({ cryptosuite }), purpose, documentLoader });
      expect(await verify(signed)).toMatchObject({ verified: true });
      const credentialSubject = { ...CREDENTIAL.credentialSubject, name: "Other" };
      const forged = await verify({ ...signed, credentialSubject });
      expect(forged.verified).toBe(false);
      expect(forged.error?.errors?.map(({ message }) => message)).toEqual(["Invalid signature."]);

      const [{ data, signature }] = calls as [(typeof calls)[0]];
      expect(data.length).toBe(2 * createHash(hash).digest().length);
      expect(await opensslAccepts(pem, hash, { data, signature: derOf(signature) })).toBe(true);
      expect(await opensslAccepts(pem, hash, { data: flipped(data), signature: derOf(signature) })).toBe(
        false,
      );
    });
  }

  it("signs sixteen credentials at once, each its own", async () => {
    const documentLoader = await loaderFor(await emulator().publicKeyOf("p-256"));
    const signer = dataIntegritySigner(await signpath().policy("demo/p-256"), { id: ID });
    const purpose = new AssertionProofPurpose();
    const suite = new DataIntegrityProof({ signer, cryptosuite });
    const all = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        jsigs.sign({ ...CREDENTIAL, id: `urn:example:${index}` }, { suite, purpose, documentLoader }),
      ),
    );
    for (const signed of all) {
      const options = { suite: new DataIntegrityProof({ cryptosuite }), purpose, documentLoader };
      expect(await jsigs.verify(signed, options)).toMatchObject({ verified: true });
    }
  });

  it.each([
    ["p-521", /the cryptosuite has no algorithm for .*\(EC, P-521\); it has P-256, P-384/],
    ["rsa-2048", /\(RSA, 2048 bits\)/],
  ])("refuses %s before anything is sent", async (slug, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const failure = await refusalOf(emulator(), () => dataIntegritySigner(policy, { id: ID }));
    expect(failure.message).toMatch(message);
  });

  it("wants the id that the proof names", async () => {
    const policy = await signpath().policy("demo/p-256");
    for (const id of [undefined, "", 5])
      expect(() => dataIntegritySigner(policy, { id: id as never })).toThrow(TypeError);
  });

  it("fails with the coded error of a signature that failed, and when its signal is aborted", async () => {
    const policy = await signpath().policy("demo/p-256");
    const data = new Uint8Array(64);
    emulator().addFault({ kind: "status", status: 403 });
    expect(await codedFailureOf(dataIntegritySigner(policy, { id: ID }).sign({ data }))).toMatchObject({
      code: "FORBIDDEN",
    });
    const signer = dataIntegritySigner(policy, { id: ID, signal: AbortSignal.abort() });
    await refusalOf(emulator(), () => signer.sign({ data }), "ABORTED");
  });
});
