import { channel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import type { SigningPolicy, SignPathOptions } from "../../src/index.js";
import { HASH_ALGORITHMS } from "../../src/key/hashes.js";
import type { SignEvent } from "../../src/policy/telemetry.js";
import { connect, digest } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";

const emulator = useEmulator();
const PSS = { name: "RSA-PSS", hash: "SHA-384" };

afterEach(() => emulator().clearFaults());

function policyOf(slug: string, options: SignPathOptions = {}): Promise<SigningPolicy> {
  return connect(emulator(), options).policy(`demo/${slug}`);
}

describe("the diagnostics of signatures", () => {
  function listen(): SignEvent[] {
    const events: SignEvent[] = [];
    const onEvent = (event: unknown): number => events.push(event as SignEvent);
    channel("signpath:sign").subscribe(onEvent);
    onTestFinished(() => void channel("signpath:sign").unsubscribe(onEvent));
    return events;
  }

  it("tell what was signed, by what, and whether it was verified", async () => {
    const hash = digest("SHA-384", "data");
    const verified = await policyOf("rsa-3072");
    const trusting = await policyOf("p-256", { verifySignatures: false, route: "sign-hash" });
    const events = listen();
    emulator().addFault({ kind: "status", status: 503, retryAfter: "0", route: "signingRequests" });
    await verified.signHash(hash, PSS);
    await trusting.signHash(hash, { name: "ECDSA", hash: "SHA-384" });
    expect(events).toEqual([
      {
        type: "signature",
        elapsedMs: expect.any(Number),
        policy: "demo/rsa-3072",
        algorithm: "RSA-PSS",
        hash: "SHA-384",
        verified: true,
        attempts: 2,
        signingRequestId: undefined,
      },
      {
        type: "signature",
        elapsedMs: expect.any(Number),
        policy: "demo/p-256",
        algorithm: "ECDSA",
        hash: "SHA-384",
        verified: false,
        attempts: 1,
        signingRequestId: emulator().signingRequests.at(-1)?.id,
      },
    ]);
  });

  it("count all requests of an asynchronous signature", async () => {
    const policy = await policyOf("rsa-2048", { route: "asynchronous" });
    const events = listen();
    const before = emulator().requests.length;
    await policy.signHash(digest("SHA-256", "data"), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
    const sent = emulator().requests.length - before;
    expect(sent).toBeGreaterThanOrEqual(3);
    expect(events).toMatchObject([{ type: "signature", attempts: sent }]);
  });

  it.each([
    ["auto", "signingRequests"],
    ["asynchronous", "signingRequests"],
    ["asynchronous", "signingRequestStatus"],
  ] as const)("count those to a route that the server does not have: %s, %s", async (route, missing) => {
    const policy = await policyOf("rsa-2048", { route });
    const events = listen();
    const before = emulator().requests.length;
    emulator().addFault({ kind: "status", status: 404, route: missing, count: Number.POSITIVE_INFINITY });
    for (const data of ["first", "second"])
      await policy.signHash(digest("SHA-256", data), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
    const sent = emulator().requests.length - before;
    expect(events).toHaveLength(2);
    expect(events.reduce((sum, event) => sum + ("attempts" in event ? event.attempts : 0), 0)).toBe(sent);
  });

  it("tell nothing of a signature that was not given out", async () => {
    const policy = await policyOf("rsa-2048");
    const events = listen();
    emulator().addFault({ kind: "other-key" });
    await codedFailureOf(policy.signHash(digest("SHA-384", "data"), PSS));
    expect(events).toEqual([]);
  });
});

describe("a signature that was refused", () => {
  it("has the signing request's id in its error, where the server told it", async () => {
    const policy = await policyOf("p-384", { route: "sign-hash" });
    emulator().addFault({ kind: "other-key", route: "signHash" });
    const error = await codedFailureOf(
      policy.signHash(digest("SHA-256", "data"), { name: "ECDSA", hash: "SHA-256" }),
    );
    expect(error).toMatchObject({
      code: "SIGNATURE_INVALID",
      signingRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      attempts: 1,
    });
    expect(error.message).toContain("demo/p-384 (ECDSA, SHA-256) is wrong");
  });
});

it("the table of hashes has Node's names for them, and their lengths", () => {
  for (const [name, { nodeName, length }] of HASH_ALGORITHMS) {
    expect(nodeName).toBe(name.replace("-", "").toLowerCase());
    expect(digest(name, "")).toHaveLength(length);
  }
  expect([...HASH_ALGORITHMS.keys()]).toEqual(["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);
});
