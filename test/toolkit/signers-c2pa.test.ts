import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { C2paSigner } from "../../src/toolkit/signers/index.js";
import { c2paSigner } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { python } from "../support/python.js";
import { testWith } from "../support/verifiers.js";
import { flipped, refusalOf } from "./signers-support.js";

// The toolkit itself is run by signers-c2pa-kit.test.ts.

const CLAIM = Buffer.from("a claim, as the toolkit encodes it");
const VARIANTS = [
  { slug: "p-256", alg: "es256", number: -7 },
  { slug: "p-384", alg: "es384", number: -35 },
  { slug: "p-521", alg: "es512", number: -36 },
  { slug: "rsa-2048", alg: "ps256", number: -37 },
  { slug: "rsa-3072", alg: "ps384", number: -38 },
  { slug: "rsa-4096", alg: "ps512", number: -39 },
] as const;

/** The claim's signature as C2PA has it in COSE, with the certificates of the configuration. */
async function coseOf({ config, callback }: C2paSigner, algorithm: number): Promise<string> {
  const certificates = config.certs.map((pem) => new X509Certificate(pem).raw.toString("base64"));
  const claim = { algorithm, certificates, claim: CLAIM.toString("base64") };
  const { toBeSigned } = (await python("python-cose", "c2pa_cose.py", claim)) as { toBeSigned: string };
  const signature = (await callback(Buffer.from(toBeSigned, "base64"))).toString("base64");
  const answer = await python("python-cose", "c2pa_cose.py", { ...claim, signature });
  return (answer as { message: string }).message;
}

describe("c2paSigner", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  for (const { slug, alg, number } of VARIANTS) {
    testWith("python-cose", `signs claims whose signature and chain Python accepts, by ${alg}`, async () => {
      const policy = await signpath().policy(`demo/${slug}`);
      // Any order, and with the root, which C2PA leaves out.
      const certificates = [emulator().rootCertificate, emulator().intermediateCertificate];
      const signer = await c2paSigner(policy, { alg, certificates });
      expect(signer.config).toMatchObject({ alg, directCoseHandling: false });
      expect(signer.config).not.toHaveProperty("tsaUrl");
      expect(signer.config.certs).toHaveLength(2);
      const message = await coseOf(signer, number);
      expect(Buffer.from(message, "base64").length).toBeLessThan(signer.config.reserveSize);
      const verify = (given: Buffer, claim: Buffer) =>
        python("python-cose", "verify_cose_sign1.py", {
          message: given.toString("base64"),
          detachedPayload: claim.toString("base64"),
          rootPem: emulator().rootCertificate,
        });
      const made = Buffer.from(message, "base64");
      expect(await verify(made, CLAIM)).toMatchObject({ ok: true, algorithm: number, certificates: 2 });
      expect(await verify(made, flipped(CLAIM))).toMatchObject({ ok: false });
      expect(await verify(flipped(made), CLAIM)).toMatchObject({ ok: false });
    });
  }

  it("takes the key's own algorithm, the certificate alone, and leaves room for a timestamp", async () => {
    for (const [slug, alg] of [
      ["p-384", "es384"],
      ["rsa-2048", "ps256"],
    ]) {
      const policy = await signpath().policy(`demo/${slug}`);
      const { config } = await c2paSigner(policy);
      expect(config.alg).toBe(alg);
      expect(config.certs.map(String)).toEqual([policy.certificatePem]);
      const stamped = await c2paSigner(policy, { tsaUrl: "http://tsa.example" });
      expect(stamped.config.tsaUrl).toBe("http://tsa.example");
      expect(stamped.config.reserveSize).toBeGreaterThanOrEqual(config.reserveSize + 10_000);
      expect((await c2paSigner(policy, { reserveSize: 20_000 })).config.reserveSize).toBe(20_000);
    }
  });

  it.each([
    ["rsa-2048", "rs256", /is not an algorithm of C2PA .*use ps256, ps384, ps512/],
    ["rsa-2048", "es256", /not for the key/],
    ["p-521", "es256", /use es512/],
    ["p-256", "ES256", /use es256/],
  ])("refuses for %s the algorithm %s before anything is sent", async (slug, alg, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const failure = await refusalOf(emulator(), () => c2paSigner(policy, { alg: alg as never }));
    expect(failure.message).toMatch(message);
  });

  it("refuses certificates that cannot be read, and signs for no later certificate", async () => {
    const policy = await signpath().policy("demo/rsa-2048");
    await refusalOf(emulator(), () => c2paSigner(policy, { certificates: ["nonsense"] }), "CONFIG_INVALID");
    for (const options of [{ reserveSize: -1 }, { reserveSize: Number.NaN }, { tsaUrl: 5 }])
      await expect(c2paSigner(policy, options as never)).rejects.toThrow(TypeError);
    const { callback } = await c2paSigner(policy);
    await emulator().rotateCertificate("rsa-2048", { newKey: false });
    await policy.signStream(CLAIM, { name: "RSA-PSS", hash: "SHA-256" });
    expect((await callback(CLAIM)).length).toBe(256);
    await emulator().rotateCertificate("rsa-2048", { newKey: true });
    expect(await codedFailureOf(callback(CLAIM))).toMatchObject({ code: "CERTIFICATE_CHANGED" });
    await refusalOf(emulator(), () => callback(CLAIM), "CERTIFICATE_CHANGED");
  });

  it("signs sixteen claims at once, and none once its signal is aborted", async () => {
    const abort = new AbortController();
    const policy = await signpath().policy("demo/p-256");
    const { callback } = await c2paSigner(policy, { signal: abort.signal });
    const all = await Promise.all(Array.from({ length: 16 }, (_, index) => callback(Buffer.from([index]))));
    expect(new Set(all.map((signature) => signature.toString("hex"))).size).toBe(16);
    abort.abort();
    await refusalOf(emulator(), () => callback(CLAIM), "ABORTED");
  });
});
