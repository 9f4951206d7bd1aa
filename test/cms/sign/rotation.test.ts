import { createHash, verify, X509Certificate } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { addSigner, counterSign, signCms, signCmsStream } from "../../../src/cms/index.js";
import type { SigningPolicy } from "../../../src/index.js";
import { isSignPathError } from "../../../src/index.js";
import { useEmulator } from "../../support/emulator.js";
import { CONTENT, useSignPath } from "../support.js";
import { readSignedData } from "./read-signed-data.js";

const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

describe("certificates that are replaced again and again", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  /** Each signer's certificate is there, is the one that it names, and has the key that signed. */
  const expectConsistent = (cms: Uint8Array): void => {
    const { signers, certificates } = readSignedData(cms);
    for (const { attributes, signed, signature, bytes } of signers) {
      const named = attributes.get(SIGNING_CERTIFICATE_V2)?.[0]?.bytes ?? Buffer.of();
      const own = certificates.find((der) => named.includes(createHash("sha256").update(der).digest()));
      if (own === undefined) expect.fail("the certificate that a signer names is missing");
      const { publicKey, serialNumber } = new X509Certificate(own);
      expect(verify("sha256", signed ?? Buffer.of(), publicKey, signature)).toBe(true);
      expect(bytes.toString("hex")).toContain(serialNumber.toLowerCase());
    }
  };
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield CONTENT.subarray(0, 10);
    await new Promise((resolve) => setTimeout(resolve, 10));
    yield CONTENT.subarray(10);
  };

  it.each<[string, (policy: SigningPolicy) => Promise<Uint8Array>]>([
    ["one signer", (policy) => signCms(source(), { policy })],
    ["two signers", (policy) => signCms(CONTENT, { signers: [{ policy }, { policy, mimeType: "a/b" }] })],
    ["a stream", (policy) => buffer(signCmsStream(CONTENT, { policy, detached: false }))],
    ["a signer who is added", async (policy) => addSigner(await signCms(CONTENT, { policy }), { policy })],
    ["a counter-signer", async (policy) => counterSign(await signCms(CONTENT, { policy }), { policy })],
    ["a timestamp", (policy) => signCms(CONTENT, { policy, timestamp: emulator().timestampUrl })],
    [
      "the largest attributes",
      (policy) => signCms(CONTENT, { policy, contentHint: { description: "x".repeat(262_144) } }),
    ],
  ])("give a signature with the certificate of its key, or CERTIFICATE_CHANGED: %s", async (_title, sign) => {
    const client = signpath();
    const policy = await client.policy("demo/p-256");
    const codes = new Set<string>();
    let made = 0;
    for (let round = 0; round < 12; round++) {
      const signing = [1, 2, 3].map(() => sign(policy));
      const settled = Promise.allSettled(signing);
      await emulator().rotateCertificate("p-256", { newKey: true });
      if (round % 2 === 0) await client.policies();
      for (const outcome of await settled) {
        if (outcome.status === "fulfilled") {
          expectConsistent(outcome.value);
          made++;
        } else if (isSignPathError(outcome.reason)) codes.add(outcome.reason.code);
        else throw outcome.reason;
      }
      // Of a certificate that came and went between two looks at the list nobody can tell that it was one.
      await client.policies();
    }
    expect(made).toBeGreaterThan(0);
    expect([...codes].filter((code) => code !== "CERTIFICATE_CHANGED")).toEqual([]);
  });
});
