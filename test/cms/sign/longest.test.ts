import { describe, expect, it } from "vitest";
import { signCms } from "../../../src/cms/index.js";
import { longestDetached } from "../../../src/cms/sign/longest.js";
import type { SignCmsOptions } from "../../../src/cms/sign/options.js";
import { planOf } from "../../../src/cms/sign/plan.js";
import { useEmulator } from "../../support/emulator.js";
import { codedFailureOf } from "../../support/failure.js";
import { CONTENT, sentTo, titled, useSignPath, VARIANTS } from "../support.js";

describe("the room that a detached signature needs", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const longest = (options: SignCmsOptions) => longestDetached(planOf(options), undefined);

  it.each(titled(VARIANTS))("is enough for one by %s, and hardly more", async (_title, variant) => {
    const { slug, padding, hash } = variant;
    const certificates = [emulator().intermediateCertificate];
    const options = { policy: await signpath().policy(`demo/${slug}`), padding, hash, certificates };
    const before = sentTo(emulator());
    const room = await longest(options);
    expect(sentTo(emulator())).toBe(before);
    const { length } = await signCms(CONTENT, options);
    if (padding !== undefined) expect(length).toBe(room);
    expect(length).toBeLessThanOrEqual(room);
    // r and s of the same length begin with a zero byte as often as chance has it.
    expect(length).toBeGreaterThan(room - 12);
  });

  it("is never less than what ECDSA gives", async () => {
    const options = { policy: await signpath().policy("demo/p-256") };
    const room = await longest(options);
    const lengths = await Promise.all(
      Array.from({ length: 64 }, async (_, second) => {
        const signingTime = new Date(Date.UTC(2026, 0, 1, 0, 0, second));
        return (await signCms(CONTENT, { ...options, signingTime })).length;
      }),
    );
    // Half of the numbers have their first bit set, so that among 64 signatures one has both.
    expect(Math.max(...lengths)).toBe(room);
  });

  it("counts several signers, attributes, key identifiers and a token", async () => {
    const signers = [
      { policy: await signpath().policy("demo/rsa-2048") },
      {
        policy: await signpath().policy("demo/rsa-3072"),
        signingTime: false,
        algorithmProtection: true,
      } as const,
    ];
    const options = {
      signers,
      signerIdentifier: "subjectKeyIdentifier",
      certificates: [emulator().intermediateCertificate],
      includeRoot: true,
      mimeType: "text/plain",
    } as const;
    expect((await signCms(CONTENT, options)).length).toBe(await longest(options));
    const [signer] = signers;
    if (signer === undefined) throw new Error("there is no signer");
    const more = (await longestDetached(planOf(signer), 5000)) - (await longest(signer));
    expect(more).toBeGreaterThan(5000);
    expect(more).toBeLessThan(5050);
  });

  it("is not told where the chain must be complete and is not", async () => {
    const policy = await signpath().policy("demo/p-256");
    expect(await codedFailureOf(longest({ policy, incompleteChain: "error" }))).toMatchObject({
      code: "CHAIN_INCOMPLETE",
    });
  });
});
