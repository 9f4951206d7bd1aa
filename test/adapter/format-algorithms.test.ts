import { describe, expect, it } from "vitest";
import { formatAlgorithm } from "../../src/adapter/format-algorithms.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { codedThrownBy } from "../support/failure.js";

const FORMAT = {
  title: "the format",
  algorithms: [
    { alg: "pss", name: "RSA-PSS", hash: "SHA-512" },
    { alg: "pkcs1", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { alg: "small", name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
    { alg: "any", name: "ECDSA", hash: "SHA-384" },
  ],
} as const;

describe("an algorithm of a format", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it.each([
    ["rsa-2048", undefined, "pss"],
    ["rsa-2048", "pkcs1", "pkcs1"],
    ["p-256", undefined, "small"],
    ["p-256", "any", "any"],
    ["p-521", undefined, "any"],
  ])("for %s is, asked for %s, %s", async (slug, alg, expected) => {
    const policy = await signpath().policy(`demo/${slug}`);
    expect(formatAlgorithm(policy, FORMAT, alg)).toBe(
      FORMAT.algorithms.find((each) => each.alg === expected),
    );
  });

  it.each([
    [
      "p-384",
      "small",
      /^"small" is not for the key .*demo\/p-384 \(EC, P-384\); with this policy use any\. Nothing/,
    ],
    ["p-256", "pss", /use small, any\./],
    ["p-256", "x".repeat(1000), /^"x{60}" is not an algorithm of the format that this package signs with; /],
    ["p-256", 5, /^what was given is not an algorithm/],
    ["p-256", null, /^what was given is not an algorithm/],
  ])("for %s is never %s: it is refused, and what works is named", async (slug, alg, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const before = sentTo(emulator());
    const failure = codedThrownBy(() => formatAlgorithm(policy, FORMAT, alg as string));
    expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
    expect(failure.message).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
  });

  it("is refused for a key that the format has none for, and for a policy that cannot be used", async () => {
    const policy = await signpath().policy("demo/p-256");
    const onlyRsa = { title: "the format", algorithms: FORMAT.algorithms.slice(0, 2) };
    const failure = codedThrownBy(() => formatAlgorithm(policy, onlyRsa));
    expect(failure.message).toMatch(
      /^the format has no algorithm for .*demo\/p-256 .*; it has pss, pkcs1\. Nothing/,
    );
    const unusable = await signpath().policy("demo/gpg");
    expect(codedThrownBy(() => formatAlgorithm(unusable, FORMAT))).toMatchObject({ code: "POLICY_UNUSABLE" });
  });
});
