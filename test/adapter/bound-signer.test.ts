import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { boundSigner, certificateGuard } from "../../src/adapter/bound-signer.js";
import { publicKeyPem } from "../../src/adapter/public-key.js";
import { sentTo } from "../cms/support.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, codedThrownBy } from "../support/failure.js";

const DATA = Buffer.from("a message");
const ECDSA = { name: "ECDSA", hash: "SHA-256" } as const;

describe("a signer for the policy's certificate", () => {
  const emulator = useEmulator();

  it("signs with r‖s or DER, in a buffer of its own", async () => {
    const policy = await connect(emulator()).policy("demo/p-256");
    const key = createPublicKey(await emulator().publicKeyOf("p-256"));
    for (const [encoding, dsaEncoding] of [
      ["p1363", "ieee-p1363"],
      ["der", "der"],
    ] as const) {
      const signature = await boundSigner(policy, ECDSA, { encoding })(DATA);
      expect(signature.buffer.byteLength).toBe(signature.length);
      expect(verify("sha256", DATA, { key, dsaEncoding }, signature)).toBe(true);
    }
  });

  it("is refused at once for an algorithm that is not the key's", async () => {
    const policy = await connect(emulator()).policy("demo/p-256");
    const make = (): unknown =>
      boundSigner(policy, { name: "RSA-PSS", hash: "SHA-256" }, { encoding: "p1363" });
    expect(codedThrownBy(make)).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED" });
  });

  it("signs nothing once another call has found the certificate replaced", async () => {
    const policy = await connect(emulator()).policy("demo/p-384");
    const [sign, requireSame] = [boundSigner(policy, ECDSA, { encoding: "der" }), certificateGuard(policy)];
    await emulator().rotateCertificate("p-384", { newKey: true });
    expect(await codedFailureOf(policy.signStream(DATA, ECDSA))).toMatchObject({
      code: "CERTIFICATE_CHANGED",
    });
    const before = sentTo(emulator());
    expect(await codedFailureOf(sign(DATA))).toMatchObject({ code: "CERTIFICATE_CHANGED", attempts: 0 });
    expect(codedThrownBy(requireSame)).toMatchObject({ code: "CERTIFICATE_CHANGED" });
    expect(sentTo(emulator())).toBe(before);
  });

  it("fails if the certificate is replaced while it signs, also where signatures are not checked", async () => {
    const signpath = connect(emulator(), { verifySignatures: false, policyCacheMs: 0 });
    const policy = await signpath.policy("demo/p-521");
    const sign = boundSigner(policy, ECDSA, { encoding: "der" });
    await emulator().rotateCertificate("p-521", { newKey: true });
    const before = emulator().requests.length;
    emulator().addFault({ kind: "latency", ms: 500 });
    const slow = codedFailureOf(sign(DATA));
    await expect.poll(() => emulator().requests.length).toBeGreaterThan(before);
    await signpath.policy("demo/p-521");
    expect(await slow).toMatchObject({
      code: "CERTIFICATE_CHANGED",
      message: expect.stringContaining("replaced"),
    });
  });
});

describe("a policy's public key as PEM", () => {
  const emulator = useEmulator();

  it.each([
    ["rsa-2048", { name: "RSA-PSS", hash: "SHA-256" }],
    ["p-521", ECDSA],
  ] as const)("is that of the certificate, for %s", async (slug, algorithm) => {
    const policy = await connect(emulator()).policy(`demo/${slug}`);
    expect(await publicKeyPem(policy, algorithm)).toBe(await emulator().publicKeyOf(slug));
  });
});
