import { describe, expect, it } from "vitest";
import type { SigningPolicy } from "../../src/index.js";
import { joseSigner, signJws } from "../../src/toolkit/jose/index.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { startStub } from "../support/stub.js";

describe("a policy that is given a key on another curve", () => {
  const emulator = useEmulator();

  /** A policy with the certificate of p-256, what gives it that of p-384, and the requests to sign. */
  const changingPolicy = async () => {
    const [before, after] = await Promise.all(
      ["p-256", "p-384"].map(async (slug) => Buffer.from(await emulator().certificateOf(slug))),
    );
    let certificate = before;
    const stub = await startStub(({ method }) => {
      if (method === "POST") return { status: 403 };
      const certificateBytes = certificate?.toString("base64");
      return {
        body: { signingPolicies: [{ projectSlug: "demo", signingPolicySlug: "one", certificateBytes }] },
      };
    });
    const { organizationId, apiToken } = emulator();
    const signpath = connect({ apiUrl: stub.origin, organizationId, apiToken });
    const policy: SigningPolicy = await signpath.policy("demo/one");
    const change = async (): Promise<void> => {
      certificate = after;
      await signpath.policies();
      expect(policy.namedCurve).toBe("P-384");
    };
    return { policy, change, signed: () => stub.requests.filter(({ method }) => method === "POST").length };
  };

  it("signs no header any more that says the algorithm of the former one", async () => {
    const { policy, change, signed } = await changingPolicy();
    const signer = joseSigner(policy, "ES256");
    await change();
    const input = `${Buffer.from('{"alg":"ES256"}').toString("base64url")}.e30`;
    expect(await codedFailureOf(signer(input))).toMatchObject({
      code: "ALGORITHM_NOT_SUPPORTED",
      message: expect.stringContaining("the key is on P-384"),
    });
    expect(signed()).toBe(0);
  });

  it("signs no header that said so when it changed, while a large payload was hashed", async () => {
    const { policy, change, signed } = await changingPolicy();
    const payload = Buffer.alloc(32 * 1024 * 1024);
    const signing = codedFailureOf(signJws(payload, { policy, b64: false, detached: true }));
    await change();
    expect(await signing).toMatchObject({
      code: "CERTIFICATE_CHANGED",
      message: expect.stringContaining("its key is on P-384 now, this one on P-256"),
    });
    expect(signed()).toBe(0);
  });
});
