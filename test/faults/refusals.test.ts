import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SigningPolicy, SigningRoute, SignPathOptions } from "../../src/index.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { watchResources } from "../support/resources.js";
import type { StubAnswer } from "../support/stub.js";
import { startStub } from "../support/stub.js";
import { RSA, sha256 } from "./routes.js";

const HASH = sha256("what is refused");
const ROUTES: readonly SigningRoute[] = ["auto", "fast", "sign-hash", "asynchronous"];
const WORDS = "The signing request quota of your subscription is exhausted.";
const MOST_RETRIES = 2;

const emulator = useEmulator({ processingMs: 0 });

beforeEach(() => {
  vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.001");
  vi.stubEnv("SIGNPATH_TIMEOUTS_RETRY_COUNT", String(MOST_RETRIES));
});

/** Ways in which a service may say that a quota is used up: the API's documentation does not show one. */
const BODIES: readonly (readonly [string, StubAnswer])[] = [
  [
    "as a problem with a detail",
    {
      headers: { "content-type": "application/problem+json" },
      body: JSON.stringify({ title: "Quota exceeded", detail: WORDS }),
    },
  ],
  ["as a problem with errors", { body: { title: "Validation", errors: { "": [WORDS] } } }],
  ["as text", { headers: { "content-type": "text/plain" }, body: WORDS }],
];

const QUOTA = [400, 402, 403, 409, 422].flatMap((status) =>
  BODIES.flatMap(([form, answer]) => ROUTES.map((route) => [status, form, route, answer] as const)),
);

describe("a quota that is used up", () => {
  it.each(QUOTA)("is told by status %i %s to the route %s, and is not asked for again", async (...row) => {
    const [status, , route, answer] = row;
    const { policy, posts } = await refusing({ ...answer, status }, { route });
    const error = await codedFailureOf(policy.signHash(HASH, RSA.algorithm));
    expect(error).toMatchObject({
      code: status === 403 ? "FORBIDDEN" : "REQUEST_REJECTED",
      stage: "sign",
      status,
      retryable: false,
      attempts: 1,
    });
    expect(error.message).toContain(WORDS);
    expect(posts()).toBe(1);
  });

  it("that comes with the status of throttling is not waited for, unless the server says how long", async () => {
    const [[, answer] = ["", {}]] = BODIES;
    const used = await refusing({ ...answer, status: 429 }, {});
    const error = await codedFailureOf(used.policy.signHash(HASH, RSA.algorithm));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", status: 429, attempts: 1, retryable: false });
    expect(error.message).toContain(WORDS);
    expect(used.posts()).toBe(1);
    const filling = await refusing({ ...answer, status: 429, headers: { "retry-after": "0" } }, {});
    expect(await codedFailureOf(filling.policy.signHash(HASH, RSA.algorithm))).toMatchObject({
      code: "THROTTLED",
      attempts: 1 + MOST_RETRIES,
      retryable: true,
    });
  });

  /** A policy of a server that lists it and refuses to sign. */
  async function refusing(
    refusal: StubAnswer,
    options: SignPathOptions,
  ): Promise<{ policy: SigningPolicy; posts: () => number }> {
    const certificateBytes = Buffer.from(await emulator().certificateOf(RSA.slug)).toString("base64");
    const listed = {
      signingPolicies: [{ projectSlug: "demo", signingPolicySlug: RSA.slug, certificateBytes }],
    };
    const stub = await startStub(({ method }) => (method === "GET" ? { body: listed } : refusal));
    const { organizationId, apiToken } = emulator();
    const signpath = connect({ apiUrl: `${stub.origin}/Api`, organizationId, apiToken }, options);
    return {
      policy: await signpath.policy(`demo/${RSA.slug}`),
      posts: () => stub.requests.filter(({ method }) => method === "POST").length,
    };
  }
});

describe("a signing request that needs approval", () => {
  const posted = (): number => emulator().requests.filter(({ method }) => method === "POST").length;
  const asked = (): number => emulator().requests.length;

  it.each(["auto", "fast", "sign-hash"] as const)("is refused at once on the route %s", async (route) => {
    const policy = await connect(emulator(), { route }).policy("demo/approval");
    const before = asked();
    const error = await codedFailureOf(policy.signHash(HASH, RSA.algorithm));
    expect(error).toMatchObject({ code: "POLICY_UNUSABLE", status: 400, retryable: false, attempts: 1 });
    expect(asked()).toBe(before + 1);
  });

  it("is denied with the attempts that the last look at it took", async () => {
    const policy = await connect(emulator(), { route: "asynchronous", totalTimeoutMs: 300 }).policy(
      "demo/approval",
    );
    const id = (await codedFailureOf(policy.signHash(HASH, RSA.algorithm))).signingRequestId ?? "";
    emulator().deny(id);
    emulator().addFault({ kind: "status", status: 503, route: "signingRequestStatus", retryAfter: "0" });
    expect(
      await codedFailureOf(policy.signHash(HASH, RSA.algorithm, { signingRequestId: id })),
    ).toMatchObject({ code: "REQUEST_DENIED", attempts: 2 });
  });

  it("is submitted once, and left pending at the call's deadline with its id", async () => {
    const watch = watchResources();
    const signpath = connect(emulator(), { route: "asynchronous", totalTimeoutMs: 300 });
    const policy = await signpath.policy("demo/approval");
    const before = posted();
    const error = await codedFailureOf(policy.signHash(HASH, RSA.algorithm));
    const { id, status } = emulator().signingRequests.at(-1) ?? {};
    expect(error).toMatchObject({
      code: "REQUEST_PENDING",
      stage: "sign",
      retryable: true,
      attempts: 1,
      signingRequestId: id,
    });
    expect(status).toBe("WaitingForApproval");
    expect(posted()).toBe(before + 1);
    await signpath.close();
    await watch.expectNothingLeft();
  });

  it.each([
    ["deny", "REQUEST_DENIED"],
    ["cancel", "REQUEST_DENIED"],
    ["fail", "REQUEST_REJECTED"],
  ] as const)("ends where somebody lets it %s, and nothing is asked for again", async (verdict, code) => {
    const watch = watchResources();
    const signpath = connect(emulator(), { route: "asynchronous" });
    const policy = await signpath.policy("demo/approval");
    const before = { posted: posted(), made: emulator().signingRequests.length };
    const call = codedFailureOf(policy.signHash(HASH, RSA.algorithm));
    await vi.waitFor(() => expect(emulator().signingRequests.length).toBe(before.made + 1));
    const id = emulator().signingRequests.at(-1)?.id ?? "";
    emulator()[verdict](id);
    expect(await call).toMatchObject({
      code,
      stage: "sign",
      retryable: false,
      attempts: 1,
      signingRequestId: id,
    });
    const after = asked();
    await signpath.close();
    expect(asked()).toBe(after);
    expect(posted()).toBe(before.posted + 1);
    expect(emulator().requests.some(({ route }) => route === "signedArtifact")).toBe(false);
    await watch.expectNothingLeft();
  });
});
