import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signMessage, signMessageDer } from "../../src/adapter/sign-message.js";
import { KINDS, nodeName, sentTo, CONTENT as TEXT, titled, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf, failureOf } from "../support/failure.js";

const CONTENT = Uint8Array.from(TEXT);

describe("a message", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  for (const [title, { slug, name, hash }] of titled(KINDS)) {
    it(`is signed by ${title}, with r‖s and with DER`, async () => {
      const policy = await signpath().policy(`demo/${slug}`);
      const key = createPublicKey(await emulator().publicKeyOf(slug));
      const algorithm = { name: policy.privateKey({ name, hash }).algorithm.name, hash } as Parameters<
        typeof signMessage
      >[1];
      const good = (signature: Uint8Array, dsaEncoding: "ieee-p1363" | "der"): boolean => {
        const padding = name === "RSA-PSS" ? { padding: 6, saltLength: -1 } : {};
        return verify(nodeName(hash), CONTENT, { key, dsaEncoding, ...padding }, signature);
      };
      const raw = await signMessage(policy, algorithm, CONTENT);
      expect(raw.buffer.byteLength).toBe(raw.length);
      expect(good(raw, "ieee-p1363")).toBe(true);
      const der = await signMessageDer(policy, algorithm, CONTENT);
      expect(good(der, "der")).toBe(true);
      if (name === "ECDSA") expect(good(der, "ieee-p1363")).toBe(false);
    });
  }

  it("may be changed once it was given", async () => {
    const policy = await signpath().policy("demo/p-256");
    const data = Uint8Array.from(CONTENT);
    const signing = signMessage(policy, { name: "ECDSA", hash: "SHA-256" }, data);
    data.fill(0);
    const key = {
      key: createPublicKey(await emulator().publicKeyOf("p-256")),
      dsaEncoding: "ieee-p1363",
    } as const;
    expect(verify("sha256", CONTENT, key, await signing)).toBe(true);
  });

  it("that is none, another key's algorithm and an aborted signal are refused before anything is sent", async () => {
    const policy = await signpath().policy("demo/p-256");
    const ecdsa = { name: "ECDSA", hash: "SHA-256" } as const;
    const before = sentTo(emulator());
    expect(await failureOf(signMessage(policy, ecdsa, "text" as never))).toBeInstanceOf(TypeError);
    expect(
      await codedFailureOf(signMessageDer(policy, { ...ecdsa, name: "RSA-PSS" }, CONTENT)),
    ).toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
      attempts: 0,
    });
    const signal = AbortSignal.abort();
    expect(await codedFailureOf(signMessage(policy, ecdsa, CONTENT, { signal }))).toMatchObject({
      code: "ABORTED",
    });
    expect(sentTo(emulator())).toBe(before);
  });
});
