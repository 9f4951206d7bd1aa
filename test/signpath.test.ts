import { webcrypto } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Emulator } from "../src/emulator/index.js";
import type { SigningPolicy, SignPathOptions } from "../src/index.js";
import { SignPath, subtle } from "../src/index.js";
import { connect, digest } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf } from "./support/failure.js";
import { startStub } from "./support/stub.js";

const DATA = Buffer.from("signed by way of a client");
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

const emulator = useEmulator();
afterEach(() => emulator().clearFaults());

/** What a client asks for while something is done: routes in their order, and connections made. */
async function traffic(action: () => Promise<unknown>): Promise<{ routes: string[]; connections: number }> {
  const { length } = emulator().requests;
  const { connections } = emulator();
  await action();
  const routes = emulator()
    .requests.slice(length)
    .map(({ route }) => route);
  return { routes, connections: emulator().connections - connections };
}

describe("a client", () => {
  it("sends nothing when it is made, nor when it is closed", async () => {
    const { routes, connections } = await traffic(() => connect(emulator()).close());
    expect([routes, connections]).toEqual([[], 0]);
  });

  it.each<[string, Omit<SignPathOptions, "apiUrl">, string]>([
    ["by default", {}, "signingRequests"],
    ["over SignHash", { route: "sign-hash" }, "signHash"],
  ])(
    "signs cold with two requests and warm with one, over one connection, %s",
    async (_title, options, route) => {
      const signpath = connect(emulator(), options);
      let key: CryptoKey | undefined;
      const cold = await traffic(async () => {
        key = (await signpath.policy("demo/p-256")).privateKey(ECDSA);
        await subtle.sign(ECDSA, key, DATA);
      });
      expect(cold).toEqual({ routes: ["mySigningPolicies", route], connections: 1 });
      for (let count = 0; count < 5; count++) {
        const warm = await traffic(async () => subtle.sign(ECDSA, key as CryptoKey, DATA));
        expect(warm).toEqual({ routes: [route], connections: 0 });
      }
      const policy = await signpath.policy("demo/p-256");
      for (const sign of [
        () => policy.signHash(digest("SHA-256", DATA), ECDSA),
        () => policy.signStream(DATA, ECDSA),
        () => policy.signStream(new Blob([DATA]), { name: "ECDSA", hash: "SHA-512" }),
      ])
        expect(await traffic(sign)).toEqual({ routes: [route], connections: 0 });
    },
  );

  it("fetches another policy with one more request, and over the same connection", async () => {
    const signpath = connect(emulator());
    await signpath.policy("demo/p-256");
    const other = await traffic(() => signpath.policy("demo/p-384"));
    expect(other).toEqual({ routes: ["mySigningPolicies"], connections: 0 });
  });

  it("fetches a policy once for all who ask at the same time", async () => {
    const signpath = connect(emulator());
    let found: SigningPolicy[] = [];
    const all = await traffic(async () => {
      const calls = Array.from({ length: 20 }, (_, index) =>
        signpath.policy(index % 2 === 0 ? "demo/p-256" : { projectSlug: "demo", signingPolicySlug: "p-256" }),
      );
      found = await Promise.all(calls);
    });
    expect(all.routes).toEqual(["mySigningPolicies"]);
    expect(new Set(found).size).toBe(1);
  });

  it("has no more requests in flight than it may", async () => {
    const signpath = connect(emulator(), { maxConcurrency: 3 });
    const policy = await signpath.policy("demo/p-256");
    emulator().addFault({ kind: "latency", ms: 20, count: Number.POSITIVE_INFINITY });
    const all = await traffic(() =>
      Promise.all(Array.from({ length: 12 }, () => policy.signStream(DATA, ECDSA))),
    );
    expect(all.routes).toHaveLength(12);
    expect(all.connections).toBeLessThanOrEqual(3);
  });

  it("takes what a reference leaves out from its configuration", async () => {
    const signpath = connect(emulator(), { projectSlug: "demo", signingPolicySlug: "p-256" });
    expect((await signpath.policy()).reference).toBe("demo/p-256");
    expect((await signpath.policy({})).reference).toBe("demo/p-256");
    expect((await signpath.policy({ signingPolicySlug: "p-384" })).reference).toBe("demo/p-384");
    expect((await signpath.policy("demo/p-521")).reference).toBe("demo/p-521");
  });

  it.each<[string, unknown]>([
    ["no slash", "p-256"],
    ["two slashes", "demo/p-256/more"],
    ["nothing before the slash", "/p-256"],
    ["nothing behind the slash", "demo/"],
    ["nothing", ""],
    ["nothing configured", undefined],
    ["one slug of two", { projectSlug: "demo" }],
    ["an empty slug", { projectSlug: "demo", signingPolicySlug: " " }],
    ["a slug that is no text", { projectSlug: "demo", signingPolicySlug: 5 }],
    ["a number", 5],
    ["null", null],
  ])("refuses a reference with %s, and sends nothing", async (_title, reference) => {
    const signpath = connect(emulator());
    const refused = await traffic(async () => {
      const failure = await codedFailureOf(signpath.policy(reference as string));
      expect(failure).toMatchObject({
        code: "CONFIG_INVALID",
        stage: "config",
        attempts: 0,
        retryable: false,
      });
      expect(failure.message).toMatch(/project\/policy|projectSlug/);
    });
    expect(refused.routes).toEqual([]);
  });

  it("takes the environment's settings", async () => {
    for (const [name, value] of Object.entries(emulator().environment)) process.env[name] = value;
    process.env["SIGNPATH_PROJECT_SLUG"] = "demo";
    try {
      await using signpath = new SignPath();
      expect((await signpath.policy({ signingPolicySlug: "p-256" })).keyType).toBe("EC");
    } finally {
      for (const name of [...Object.keys(emulator().environment), "SIGNPATH_PROJECT_SLUG"])
        delete process.env[name];
    }
    expect(codedThrownBy(() => new SignPath())).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("once closed sends nothing, is closed twice without harm, and says so", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/p-256");
    const key = policy.privateKey(ECDSA);
    await Promise.all([signpath.close(), signpath.close()]);
    await signpath.close();
    const closed = await traffic(async () => {
      for (const call of [
        () => signpath.policies(),
        () => signpath.policy("demo/p-384"),
        () => signpath.policy("demo/p-256"),
        () => policy.signStream(DATA, ECDSA),
        () => policy.signHash(digest("SHA-256", DATA), ECDSA),
        () => subtle.sign(ECDSA, key, DATA),
      ])
        expect(await codedFailureOf(call())).toMatchObject({ code: "ABORTED", attempts: 0 });
    });
    expect(closed.routes).toEqual([]);
    // What was had from it can still be looked at.
    expect(policy.certificate.publicKey.algorithm).toMatchObject({ namedCurve: "P-256" });
  });

  it("waits at its end for what is in flight", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/p-256");
    emulator().addFault({ kind: "latency", ms: 100, route: "signingRequests" });
    const signing = policy.signStream(DATA, ECDSA);
    await delay(20);
    let isSigned = false;
    const noted = signing.then(() => {
      isSigned = true;
    });
    await signpath.close();
    await noted;
    expect(isSigned).toBe(true);
    expect(await signing).toHaveLength(64);
  });

  it("shares nothing with another client", async () => {
    const [one, two] = [connect(emulator()), connect(emulator())];
    const policies = await Promise.all([one.policy("demo/p-256"), two.policy("demo/p-256")]);
    expect(policies[0]).not.toBe(policies[1]);
    await one.close();
    expect(await policies[1]?.signStream(DATA, ECDSA)).toHaveLength(64);
    expect(await failureOf(Promise.resolve(policies[0]?.signStream(DATA, ECDSA)))).toMatchObject({
      code: "ABORTED",
    });
  });
});

/** A service whose one policy has the certificate and the key of one of the emulator's, and later of another one. */
async function startRotating(
  emulator: Emulator,
  policyOf: (slug: string) => Promise<SigningPolicy>,
  first: string,
): Promise<{
  readonly signpath: (options?: SignPathOptions) => SignPath;
  readonly rotate: (slug: string) => void;
}> {
  let current = first;
  const hashes = new Map([
    [20, "SHA-1"],
    [32, "SHA-256"],
    [48, "SHA-384"],
    [64, "SHA-512"],
  ]);
  const names = new Map([
    ["RsaPkcs1", "RSASSA-PKCS1-v1_5"],
    ["RsaPss", "RSA-PSS"],
    ["Ecdsa", "ECDSA"],
  ]);
  const stub = await startStub(async ({ method, body }) => {
    const policy = await policyOf(current);
    if (method === "GET") {
      const certificateBytes = Buffer.from(policy.certificateDer).toString("base64");
      const entry = {
        projectSlug: "demo",
        signingPolicySlug: "rotating",
        certificateType: "X509",
        certificateBytes,
      };
      return { body: { signingPolicies: [entry] } };
    }
    const payload = JSON.parse(/\{.*\}/s.exec(body.toString())?.[0] ?? "") as Record<string, string>;
    const hash = Buffer.from(payload["Base64EncodedHash"] ?? "", "base64");
    const name = names.get(payload["SignatureAlgorithm"] ?? "") ?? "";
    const signature = await policy.signHash(hash, { name, hash: hashes.get(hash.length) ?? "" });
    return { body: { Signature: Buffer.from(signature).toString("base64") } };
  });
  return {
    signpath: (options) =>
      connect(
        { apiUrl: `${stub.origin}/Api`, organizationId: emulator.organizationId, apiToken: "token" },
        options,
      ),
    rotate: (slug) => {
      current = slug;
    },
  };
}

describe("a policy whose key becomes one of another size", () => {
  it.each<[string, string, string, number, boolean]>([
    ["rsa-2048", "rsa-3072", "RSASSA-PKCS1-v1_5", 384, true],
    ["rsa-3072", "rsa-2048", "RSA-PSS", 256, true],
    ["rsa-2048", "rsa-4096", "RSA-PSS", 512, false],
    ["p-256", "p-384", "ECDSA", 96, true],
    ["p-521", "p-256", "ECDSA", 64, false],
  ])(
    "is told once, and goes on with it: from %s to %s with %s",
    async (from, to, name, length, verifySignatures) => {
      const behind = connect(emulator());
      const service = await startRotating(emulator(), (slug) => behind.policy(`demo/${slug}`), from);
      const signpath = service.signpath({ verifySignatures });
      const policy = await signpath.policy("demo/rotating");
      const algorithm = { name, hash: "SHA-256" };
      const key = policy.privateKey(algorithm);
      await subtle.sign(algorithm, key, DATA);

      service.rotate(to);
      expect(await failureOf(subtle.sign(algorithm, key, DATA))).toMatchObject({
        name: "OperationError",
        cause: { code: "CERTIFICATE_CHANGED", stage: "sign", retryable: true, attempts: 1 },
      });
      const isOnCurve = name === "ECDSA";
      if (isOnCurve) {
        // The key object says that it is on the old curve.
        const error = await codedFailureOf(subtle.sign(algorithm, key, DATA));
        expect(error).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: false, attempts: 0 });
      }
      const goingOn = isOnCurve ? policy.privateKey(algorithm) : key;
      const signature = await subtle.sign(algorithm, goingOn, DATA);
      expect(signature.byteLength).toBe(length);
      const used = { ...algorithm, saltLength: 32 };
      expect(await webcrypto.subtle.verify(used, await policy.publicKey(algorithm), signature, DATA)).toBe(
        true,
      );
      expect(policy.keySizeInBits).toBe(Number(to.slice(to.indexOf("-") + 1)));
    },
  );

  it("refuses its old keys' algorithm where the new key is of another kind", async () => {
    const behind = connect(emulator());
    const service = await startRotating(emulator(), (slug) => behind.policy(`demo/${slug}`), "rsa-2048");
    const signpath = service.signpath({ policyCacheMs: 0 });
    const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
    const key = (await signpath.policy("demo/rotating")).privateKey(algorithm);
    service.rotate("p-256");
    const policy = await signpath.policy("demo/rotating");
    expect(policy.keyType).toBe("EC");
    const failure = await codedFailureOf(subtle.sign(algorithm, key, DATA));
    expect(failure).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
    expect(failure.message).toMatch(/RSA-PSS cannot be used with an EC key on P-256/);
    expect(await policy.signStream(DATA, ECDSA)).toHaveLength(64);
  });
});
