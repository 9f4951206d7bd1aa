import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { timestamp } from "../../../src/cms/index.js";
import type { OpensslTsaOptions } from "../../support/openssl-tsa.js";
import { startOpensslTsa, TSA_POLICIES } from "../../support/openssl-tsa.js";
import { describeWith } from "../../support/verifiers.js";
import { DATA, DIGEST, onlyFailureOf, opensslVerifies } from "./support.js";

describeWith("openssl", "an authority that is openssl ts", () => {
  it.each<[string, OpensslTsaOptions]>([
    ["RSA and SHA-256", {}],
    ["RSA, SHA-512 and fractions of a second", { digest: "sha512", precision: 3 }],
    ["RSA and the older signing-certificate", { certificateDigest: "sha1", precision: 6 }],
    [
      "ECDSA, SHA-384 and a certificate named by SHA-512",
      { key: "ec", digest: "sha384", certificateDigest: "sha512" },
    ],
  ])("gives timestamps with %s", async (_what, options) => {
    const tsa = await startOpensslTsa(options);
    for (const roots of [undefined, [tsa.rootCertificate]]) {
      const stamp = await timestamp(DIGEST, { authorities: [tsa.url], roots });
      await opensslVerifies(stamp.token, DATA, tsa);
      expect(stamp).toMatchObject({ authority: tsa.url, policy: TSA_POLICIES[0] });
      expect(stamp.serialNumber).toMatch(/^0[23]$/);
      expect(Math.abs(stamp.time.getTime() - Date.now())).toBeLessThan(60_000);
    }
  });

  it.each(["SHA-384", "SHA-512"] as const)("stamps digests by %s", async (hash) => {
    const tsa = await startOpensslTsa();
    const digest = createHash(hash.replace("-", "")).update(DATA).digest();
    const { token } = await timestamp(digest, { authorities: [tsa.url], roots: [tsa.rootCertificate] });
    await opensslVerifies(token, DATA, tsa);
  });

  it("stamps under the policy that is asked for, and rejects one that it has not", async () => {
    const tsa = await startOpensslTsa();
    const authorities = [{ url: tsa.url, policy: TSA_POLICIES[1] }];
    expect(await timestamp(DIGEST, { authorities, policy: "1.2" })).toMatchObject({
      policy: TSA_POLICIES[1],
    });
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities: [tsa.url], policy: "1.2.99" }));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", attempts: 1, retryable: false });
    expect(error.message).toContain("gave none: rejection (unacceptedPolicy: ");
  });

  it("is not trusted for its own word", async () => {
    const [tsa, other] = await Promise.all([startOpensslTsa(), startOpensslTsa()]);
    const roots = [other.rootCertificate];
    const error = await onlyFailureOf(timestamp(DIGEST, { authorities: [tsa.url], roots }));
    expect(error).toMatchObject({ code: "VERIFICATION_FAILED", attempts: 1, retryable: false });
    expect(error.cause).toMatchObject({
      code: "VERIFICATION_FAILED",
      reasons: [{ code: "CHAIN_INCOMPLETE" }],
    });
  });
});
