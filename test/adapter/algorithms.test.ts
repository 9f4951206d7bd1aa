import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultAlgorithm, joseAlgorithm, joseAlgorithmsOf } from "../../src/adapter/algorithms.js";
import { createPrivateKey } from "../../src/key/key-pair.js";
import { readCertificate } from "../../src/policy/certificate.js";
import type { PolicyOperations } from "../../src/policy/signing-policy.js";
import { SigningPolicy } from "../../src/policy/signing-policy.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { opensslIn } from "../support/certificates.js";
import { useEmulator } from "../support/emulator.js";
import { codedThrownBy } from "../support/failure.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

describe("an algorithm of JOSE", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it.each([
    ["rsa-2048", RSA],
    ["p-256", ["ES256"]],
    ["p-384", ["ES384"]],
    ["p-521", ["ES512"]],
  ])("is found for %s where its key signs with it: %j", async (slug, algs) => {
    const policy = await signpath().policy(`demo/${slug}`);
    expect(joseAlgorithmsOf(policy).map(({ alg }) => alg)).toEqual(algs);
    for (const alg of algs) {
      const name = { RS: "RSASSA-PKCS1-v1_5", PS: "RSA-PSS", ES: "ECDSA" }[alg.slice(0, 2)];
      const curve = name === "ECDSA" && { namedCurve: policy.namedCurve };
      expect(joseAlgorithm(policy, alg)).toEqual({ alg, name, hash: `SHA-${alg.slice(2)}`, ...curve });
    }
  });

  it.each([
    ["p-256", "RS256", /not for the key of signing policy demo\/p-256 \(EC, P-256\); .*use ES256\. Nothing/],
    ["p-256", "ES384", /P-256\); .*use ES256\./],
    ["p-521", "ES256", /use ES512\./],
    ["rsa-2048", "ES256", /\(RSA, 2048 bits\); .*use RS256, RS384, RS512, PS256, PS384, PS512\./],
    ["rsa-2048", "RS1", /"RS1" is not an algorithm of JOSE/],
    ["rsa-2048", "rs256", /"rs256" is not an algorithm of JOSE/],
    ["p-256", "ES256K", /"ES256K" is not an algorithm of JOSE/],
    ["p-256", "none", /"none" is not an algorithm of JOSE/],
    ["rsa-2048", "HS256", /"HS256" is not/],
    ["p-256", "toString", /"toString" is not/],
    ["p-256", undefined as unknown as string, /"undefined" is not/],
  ])("is refused for %s where it is %s, naming what works", async (slug, alg, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const before = sentTo(emulator());
    const failure = codedThrownBy(() => joseAlgorithm(policy, alg));
    expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", stage: "sign", attempts: 0 });
    expect(failure.message).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
  });

  it("is not looked for where the policy cannot be used", async () => {
    const policy = await signpath().policy("demo/gpg");
    for (const call of [() => joseAlgorithm(policy, "RS256"), () => defaultAlgorithm(policy)])
      expect(codedThrownBy(call)).toMatchObject({ code: "POLICY_UNUSABLE" });
  });
});

describe("the algorithm where none is named", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  it.each([
    ["rsa-4096", undefined, "RSASSA-PKCS1-v1_5", "SHA-256"],
    ["rsa-2048", "SHA-512", "RSASSA-PKCS1-v1_5", "SHA-512"],
    ["p-256", undefined, "ECDSA", "SHA-256"],
    ["p-384", undefined, "ECDSA", "SHA-384"],
    ["p-521", undefined, "ECDSA", "SHA-512"],
    ["p-521", "SHA-256", "ECDSA", "SHA-256"],
  ] as const)("by %s with hash %s is %s with %s", async (slug, wanted, name, hash) => {
    expect(defaultAlgorithm(await signpath().policy(`demo/${slug}`), wanted)).toEqual({ name, hash });
  });
});

describe("a certificate for RSA-PSS only", () => {
  /** A policy with a certificate by openssl, which nothing is signed with. */
  const policyWith = async (...restrictions: readonly string[]): Promise<SigningPolicy> => {
    const folder = temporaryFolder();
    const key = ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
    const options = restrictions.flatMap((text) => ["-pkeyopt", text]);
    await opensslIn(
      folder,
      ...["req", "-x509", "-nodes", "-subj", "/CN=pss", "-outform", "DER", "-out", join(folder, "pss.der")],
      ...["-keyout", join(folder, "pss.key"), ...key, ...options],
    );
    const facts = readCertificate((await readFile(join(folder, "pss.der"))).toString("base64"), "X509");
    const state = { reference: "demo/pss", usableFacts: facts, facts: () => facts } as never;
    const operations: Partial<PolicyOperations> = {
      privateKey: (own, algorithm) => createPrivateKey(own, algorithm, undefined as never),
    };
    return new SigningPolicy(state, operations as PolicyOperations);
  };

  testWith("openssl", "has no RS algorithms, and RSA-PSS by default", async () => {
    const policy = await policyWith();
    expect(joseAlgorithmsOf(policy).map(({ alg }) => alg)).toEqual(["PS256", "PS384", "PS512"]);
    expect(codedThrownBy(() => joseAlgorithm(policy, "RS256")).message).toMatch(/use PS256, PS384, PS512\./);
    expect(defaultAlgorithm(policy)).toEqual({ name: "RSA-PSS", hash: "SHA-256" });
  });

  testWith("openssl", "that names a hash has that one alone", async () => {
    const names = ["rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha384", "rsa_pss_keygen_saltlen:48"];
    const policy = await policyWith(...names);
    expect(joseAlgorithmsOf(policy).map(({ alg }) => alg)).toEqual(["PS384"]);
    expect(defaultAlgorithm(policy)).toEqual({ name: "RSA-PSS", hash: "SHA-384" });
    expect(codedThrownBy(() => defaultAlgorithm(policy, "SHA-256")).code).toBe("ALGORITHM_NOT_SUPPORTED");
  });
});
