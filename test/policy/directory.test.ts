import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SignPathOptions } from "../../src/config/options.js";
import type { SignPath } from "../../src/signpath.js";
import { connect } from "../support/client.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import type { Stub, StubAnswer, StubRequest } from "../support/stub.js";
import { startStub } from "../support/stub.js";

const emulator = useEmulator();
const PKCS1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** The paths that were asked for since now. */
function watch(): () => string[] {
  const { length } = emulator().requests;
  return () =>
    emulator()
      .requests.slice(length)
      .map(({ path }) => path.replace(/^.*\//, ""));
}

/** A server with policies of a test's making. */
async function serve(
  entries: (request: StubRequest) => readonly object[],
  options: SignPathOptions = {},
): Promise<{ stub: Stub; signpath: SignPath }> {
  const stub = await startStub((request): StubAnswer => ({ body: { signingPolicies: entries(request) } }));
  const { organizationId, apiToken } = emulator();
  return { stub, signpath: connect({ apiUrl: stub.origin, organizationId, apiToken }, options) };
}

async function entry(projectSlug: string, signingPolicySlug: string): Promise<object> {
  const certificate = Buffer.from(await emulator().certificateOf("p-256")).toString("base64");
  return {
    projectSlug,
    signingPolicySlug,
    certificateBytes: certificate,
    keyType: "Whatever",
    keySizeInBits: 1,
  };
}

beforeEach(() => {
  vi.stubEnv("SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "0.002");
  emulator().clearFaults();
});

describe("the list of policies", () => {
  it("has every policy of the token's user, those that cannot be used with the reason", async () => {
    const policies = await connect(emulator()).policies();
    expect(
      policies.map(({ reference, keyType, keySizeInBits, namedCurve, defect }) => [
        reference,
        keyType,
        keySizeInBits,
        namedCurve,
        defect,
      ]),
    ).toEqual([
      ["demo/rsa-2048", "RSA", 2048, undefined, undefined],
      ["demo/rsa-3072", "RSA", 3072, undefined, undefined],
      ["demo/rsa-4096", "RSA", 4096, undefined, undefined],
      ["demo/p-256", "EC", 256, "P-256", undefined],
      ["demo/p-384", "EC", 384, "P-384", undefined],
      ["demo/p-521", "EC", 521, "P-521", undefined],
      ["demo/approval", "RSA", 2048, undefined, undefined],
      [
        "demo/gpg",
        undefined,
        undefined,
        undefined,
        expect.stringMatching(/^it has no X\.509 certificate \(certificate type "Gpg"\)$/),
      ],
    ]);
  });

  it("is asked for with the filter, in the documented spelling", async () => {
    const asked = watch();
    const signpath = connect(emulator());
    expect(
      (await signpath.policies({ projectSlug: "demo", signingPolicySlug: "p-384" })).map(
        ({ reference }) => reference,
      ),
    ).toEqual(["demo/p-384"]);
    expect(await signpath.policies({ projectSlug: "other" })).toEqual([]);
    expect(await signpath.policies({ signingPolicySlug: "gpg" })).toHaveLength(1);
    expect(asked()).toEqual([
      "MySigningPolicies?projectSlug=demo&signingPolicySlug=p-384",
      "MySigningPolicies?projectSlug=other",
      "MySigningPolicies?signingPolicySlug=gpg",
    ]);
  });

  it("is fetched at each call, and its policies are the same objects", async () => {
    const asked = watch();
    const signpath = connect(emulator());
    const [first, second] = [await signpath.policies(), await signpath.policies()];
    expect(asked()).toHaveLength(2);
    first.forEach((policy, index) => {
      expect(second[index]).toBe(policy);
    });
    expect(await signpath.policy("demo/p-256")).toBe(first[3]);
    expect(asked()).toHaveLength(2);
  });

  it("is not spoilt by garbage", async () => {
    emulator().addFault({ kind: "garbage-certificate" });
    const policies = await connect(emulator()).policies();
    expect(policies).toHaveLength(8);
    expect(policies[0]?.defect).toBe("its certificate cannot be read");
    expect(policies[0]?.keyType).toBeUndefined();
  });

  it("can be aborted", async () => {
    const { signal } = new AbortController();
    const call = connect(emulator()).policies({}, { signal: AbortSignal.abort() });
    expect(await codedFailureOf(call)).toMatchObject({ code: "ABORTED", stage: "policy", attempts: 0 });
    expect(await connect(emulator()).policies({}, { signal })).toHaveLength(8);
  });

  it("is filtered here where the server does not do it", async () => {
    const entries = [await entry("a", "x"), await entry("a", "y"), await entry("b", "x")];
    const { signpath } = await serve(() => entries);
    const references = async (filter: object): Promise<string[]> =>
      (await signpath.policies(filter)).map(({ reference }) => reference);
    expect(await references({})).toEqual(["a/x", "a/y", "b/x"]);
    expect(await references({ projectSlug: "a" })).toEqual(["a/x", "a/y"]);
    expect(await references({ signingPolicySlug: "x" })).toEqual(["a/x", "b/x"]);
    expect(await references({ projectSlug: "b", signingPolicySlug: "x" })).toEqual(["b/x"]);
    expect((await signpath.policy("b/x")).reference).toBe("b/x");
    expect(await codedFailureOf(signpath.policy("b/y"))).toMatchObject({ code: "POLICY_NOT_FOUND" });
  });
});

describe("a policy that cannot be used", () => {
  it.each(["gpg", "rsa-2048"])("has its names, and says why at everything else (%s)", async (slug) => {
    emulator().addFault({ kind: "garbage-certificate", count: Number.POSITIVE_INFINITY });
    const asked = watch();
    const policy = await connect(emulator()).policy(`demo/${slug}`);
    expect(policy).toMatchObject({ projectSlug: "demo", signingPolicySlug: slug, reference: `demo/${slug}` });
    expect(policy.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(policy.defect).toMatch(/certificate/);
    expect(JSON.parse(JSON.stringify(policy))).toEqual({
      id: policy.id,
      reference: policy.reference,
      projectSlug: "demo",
      signingPolicySlug: slug,
      defect: policy.defect,
    });
    const uses: (() => unknown)[] = [
      () => policy.certificate,
      () => policy.certificateChain(),
      () => policy.publicKey(PKCS1),
      () => policy.privateKey(PKCS1),
      () => policy.keyPair(PKCS1),
      () => policy.signHash(new Uint8Array(32), PKCS1),
      () => policy.signStream(new Uint8Array(1), PKCS1),
    ];
    for (const use of uses) {
      const error = await codedFailureOf((async () => use())());
      expect(error).toMatchObject({
        code: "POLICY_UNUSABLE",
        stage: "policy",
        attempts: 0,
        retryable: false,
      });
      expect(error.message).toBe(`signing policy demo/${slug} cannot be used: ${policy.defect}`);
    }
    expect(asked()).toHaveLength(1);
  });

  it("can be used as soon as it has a certificate", async () => {
    emulator().addFault({ kind: "garbage-certificate" });
    const signpath = connect(emulator(), { policyCacheMs: 0 });
    const policy = await signpath.policy("demo/rsa-2048");
    expect(policy.defect).toBeDefined();
    expect(await signpath.policy("demo/rsa-2048")).toBe(policy);
    expect(policy.defect).toBeUndefined();
    expect(await policy.signHash(new Uint8Array(32), PKCS1)).toHaveLength(256);
  });
});

describe("one policy", () => {
  it("is fetched once and kept", async () => {
    const asked = watch();
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/p-256");
    expect(await signpath.policy({ projectSlug: "demo", signingPolicySlug: "p-256" })).toBe(policy);
    expect(await signpath.policy("demo/p-384")).not.toBe(policy);
    expect(asked()).toEqual([
      "MySigningPolicies?projectSlug=demo&signingPolicySlug=p-256",
      "MySigningPolicies?projectSlug=demo&signingPolicySlug=p-384",
    ]);
  });

  it("is the configured one where none is named", async () => {
    const signpath = connect(emulator(), { projectSlug: "demo", signingPolicySlug: "p-521" });
    expect((await signpath.policy()).reference).toBe("demo/p-521");
    expect((await signpath.policy({ signingPolicySlug: "p-256" })).reference).toBe("demo/p-256");
  });

  it("is fetched once for all who ask at the same time", async () => {
    emulator().addFault({ kind: "latency", ms: 20 });
    const asked = watch();
    const signpath = connect(emulator());
    const policies = await Promise.all(Array.from({ length: 10 }, () => signpath.policy("demo/p-256")));
    expect(new Set(policies).size).toBe(1);
    expect(asked()).toHaveLength(1);
  });

  it("is fetched on for the others when one of them aborts", async () => {
    emulator().addFault({ kind: "latency", ms: 40 });
    const asked = watch();
    const signpath = connect(emulator());
    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = codedFailureOf(signpath.policy("demo/p-256", { signal: controller.signal }));
    const other = signpath.policy("demo/p-256");
    setTimeout(() => controller.abort(reason), 5);
    expect(await aborted).toMatchObject({ code: "ABORTED", stage: "policy", cause: reason });
    expect((await other).reference).toBe("demo/p-256");
    expect(asked()).toHaveLength(1);
    expect(
      await codedFailureOf(signpath.policy("demo/p-256", { signal: AbortSignal.abort() })),
    ).toMatchObject({ code: "ABORTED" });
  });

  it("that could not be fetched fails for all who asked, and is asked for anew", async () => {
    emulator().addFault({ kind: "status", status: 403 });
    const signpath = connect(emulator());
    const both = [signpath.policy("demo/p-256"), signpath.policy("demo/p-256")].map(codedFailureOf);
    for (const error of await Promise.all(both))
      expect(error).toMatchObject({ code: "FORBIDDEN", stage: "policy" });
    expect((await signpath.policy("demo/p-256")).reference).toBe("demo/p-256");
  });

  it("is fetched anew after its time", async () => {
    const asked = watch();
    const signpath = connect(emulator(), { policyCacheMs: 250 });
    const policy = await signpath.policy("demo/p-256");
    await signpath.policy("demo/p-256");
    expect(asked()).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 270));
    expect(await signpath.policy("demo/p-256")).toBe(policy);
    expect(asked()).toHaveLength(2);
  });

  it("has the same certificate object as long as it is the same certificate", async () => {
    const signpath = connect(emulator(), { policyCacheMs: 0 });
    const policy = await signpath.policy("demo/p-256");
    const { certificate } = policy;
    await signpath.policy("demo/p-256");
    expect(policy.certificate).toBe(certificate);
    await emulator().rotateCertificate("p-256", { newKey: false });
    await signpath.policy("demo/p-256");
    expect(policy.certificate).not.toBe(certificate);
    expect(new Uint8Array(policy.certificate.rawData)).toEqual(await emulator().certificateOf("p-256"));
  });

  it("that does not exist, or is not the user's, is not found", async () => {
    const signpath = connect(emulator());
    for (const reference of ["demo/none", "none/p-256", "demo/forbidden"]) {
      const error = await codedFailureOf(signpath.policy(reference));
      expect(error).toMatchObject({
        code: "POLICY_NOT_FOUND",
        stage: "policy",
        attempts: 1,
        retryable: false,
      });
      expect(error.message).toContain(reference);
      expect(error.message).toContain("a submitter of the policy");
    }
  });

  it("whose name is misspelt is told the one that was probably meant", async () => {
    const signpath = connect(emulator());
    const messageOf = async (reference: string): Promise<string> =>
      (await codedFailureOf(signpath.policy(reference))).message;
    expect(await messageOf("demo/rsa-2084")).toContain(
      "did you mean demo/rsa-2048? If not, check both slugs",
    );
    expect(await messageOf("dmeo/P-521")).toContain("did you mean demo/p-521?");
    // It is no business of who may not use it.
    expect(await messageOf("demo/forbiden")).not.toContain("did you mean");
    expect(await messageOf("demo/none")).not.toContain("did you mean");
  });

  it("is not found either where the list of the others is not to be had", async () => {
    const answers = [{ body: { signingPolicies: [] } }, { status: 403 }];
    const stub = await startStub((_request, _response, index) => answers[index] ?? { status: 500 });
    const signpath = connect({
      apiUrl: stub.origin,
      organizationId: emulator().organizationId,
      apiToken: "x",
    });
    const error = await codedFailureOf(signpath.policy("demo/rsa-2084"));
    expect(error).toMatchObject({ code: "POLICY_NOT_FOUND", attempts: 1 });
    expect(error.message).not.toContain("did you mean");
    expect(stub.requests.map(({ path }) => path.includes("rsa-2084"))).toEqual([true, false]);
  });

  it("that is not found at the second attempt says that there were two", async () => {
    const signpath = connect(emulator());
    emulator().addFault({ kind: "status", status: 503, retryAfter: "0", route: "mySigningPolicies" });
    expect(await codedFailureOf(signpath.policy("demo/none"))).toMatchObject({
      code: "POLICY_NOT_FOUND",
      attempts: 2,
    });
  });

  it("is found in another case where the server forgives that, and is kept then, too", async () => {
    const entries = [await entry("My-Project", "Release")];
    const { stub, signpath } = await serve(() => entries);
    const policy = await signpath.policy("my-project/RELEASE");
    expect(policy.reference).toBe("My-Project/Release");
    expect(await signpath.policy("my-project/RELEASE")).toBe(policy);
    expect(await signpath.policy("My-Project/Release")).toBe(policy);
    expect(stub.requests).toHaveLength(1);
  });

  it("found in another case is not taken for the one that has this case later", async () => {
    const entries = [await entry("P", "s")];
    const { signpath } = await serve(() => entries, { policyCacheMs: 0 });
    const policy = await signpath.policy("p/s");
    entries.push(await entry("p", "s"));
    expect((await signpath.policies()).map(({ reference }) => reference)).toEqual(["P/s", "p/s"]);
    expect((await signpath.policy("p/s")).reference).toBe("p/s");
    expect(policy.reference).toBe("P/s");
  });

  it("in the very case wins over another", async () => {
    const entries = [await entry("P", "s"), await entry("p", "s"), await entry("p", "S")];
    const { signpath } = await serve(() => entries);
    for (const reference of ["p/s", "P/s", "p/S"])
      expect((await signpath.policy(reference)).reference).toBe(reference);
  });

  it("has its key's facts from its certificate, whatever the entry says", async () => {
    const entries = [await entry("p", "s")];
    const { signpath } = await serve(() => entries);
    expect(await signpath.policy("p/s")).toMatchObject({
      keyType: "EC",
      keySizeInBits: 256,
      namedCurve: "P-256",
      id: "",
    });
  });

  it("gives both of its keys", async () => {
    const policy = await connect(emulator()).policy("demo/rsa-2048");
    const { privateKey, publicKey } = await policy.keyPair(PKCS1);
    expect(privateKey.type).toBe("private");
    expect(publicKey.type).toBe("public");
  });
});
