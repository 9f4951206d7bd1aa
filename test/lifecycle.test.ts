import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { ApiClient } from "../src/api/client.js";
import type { HashSigner } from "../src/api/hash-signer.js";
import { readServerWords } from "../src/api/transport/problem.js";
import { decodeBase64, encodeBase64 } from "../src/base/bytes.js";
import { ApiToken } from "../src/config/token.js";
import type { SignPathOptions } from "../src/index.js";
import { SignPath, subtle } from "../src/index.js";
import { requireAllowedHash, resolve } from "../src/key/algorithms.js";
import type { SignPathCryptoKey } from "../src/key/crypto-key.js";
import { createPrivateKey } from "../src/key/key-pair.js";
import { PolicyDirectory } from "../src/policy/directory.js";
import type { PolicyOperations } from "../src/policy/signing-policy.js";
import type { PolicyState } from "../src/policy/state.js";
import { signRemotely, signWithKey } from "../src/subtle/sign.js";
import type { SigningPolicyRecord } from "../src/wire/policies.js";
import { connect, digest } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf, codedThrownBy, failureOf } from "./support/failure.js";

const HASH = digest("SHA-256", "what is signed");
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const emulator = useEmulator();
afterEach(() => emulator().clearFaults());

describe("a client", () => {
  it("is not made with options that are no object", () => {
    const make = (options: unknown): SignPath => new SignPath(options as SignPathOptions);
    for (const options of [null, "token", 5]) {
      expect(codedThrownBy(() => make(options))).toMatchObject({ code: "CONFIG_INVALID", stage: "config" });
    }
  });

  it("that was closed before it was used, or while it began to be, is closed all the same", async () => {
    const closed = { code: "ABORTED", attempts: 0 };
    const unused = connect(emulator());
    await unused.close();
    expect(await codedFailureOf(unused.policies())).toMatchObject(closed);
    expect(await codedFailureOf(unused.policy("demo/p-256"))).toMatchObject(closed);
    const barelyUsed = connect(emulator());
    const before = barelyUsed.policy("demo/p-256");
    const closing = barelyUsed.close();
    const after = codedFailureOf(barelyUsed.policy("demo/p-256"));
    expect((await before).reference).toBe("demo/p-256");
    expect(await after).toMatchObject(closed);
    await closing;
  });

  it("shows what its policies are, for people and in logs", async () => {
    const signpath = connect(emulator());
    const shown = inspect(await signpath.policy("demo/p-256"));
    expect(shown).toMatch(/^SigningPolicy \{.*reference: 'demo\/p-256'.*namedCurve: 'P-256'/s);
    expect(shown).not.toContain("defect");
    await signpath.close();
  });
});

describe("closing a client", () => {
  it("takes no signal for a signal that is null, and refuses what is none, without waiting for it for ever", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/p-256", { signal: null as unknown as undefined });
    await policy.signHash(HASH, { name: "ECDSA", hash: "SHA-256" }, { signal: null as unknown as undefined });
    const hash = { name: "ECDSA", hash: "SHA-256" };
    async function* source(): AsyncGenerator<Uint8Array, void, void> {
      yield Buffer.from("what is signed");
    }
    const before = emulator().requests.length;
    const incomplete = { aborted: false, addEventListener: () => undefined };
    for (const none of ["now", 5, new AbortController(), new EventTarget(), incomplete]) {
      const wrong = { signal: none as unknown as AbortSignal };
      for (const call of [
        signpath.policies({}, wrong),
        signpath.policy("demo/p-384", wrong),
        policy.signHash(HASH, hash, wrong),
        policy.signStream(source(), hash, wrong),
      ])
        expect(await failureOf(call)).toMatchObject({
          name: "TypeError",
          message: "signal must be an AbortSignal",
        });
    }
    expect(emulator().requests).toHaveLength(before);
    await signpath.close();
  });

  it("waits for signatures whose data is being hashed, and reads no source that comes later", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/rsa-2048");
    const large = Buffer.alloc(2 * 1024 * 1024);
    let read = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, void> {
      read++;
      await delay(50);
      yield Buffer.from("what is signed");
    }
    const signing = [
      policy.signStream("package.json", RSA),
      policy.signStream(Buffer.from("a few bytes"), RSA),
      policy.signStream(source(), RSA),
      subtle.sign(RSA, policy.privateKey(RSA), large),
    ];
    const closing = signpath.close();
    const late = codedFailureOf(policy.signStream(source(), RSA));
    for (const signature of await Promise.all(signing)) expect(signature.byteLength).toBe(256);
    expect(await late).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(read).toBe(1);
    await closing;
  });

  it("waits for CMS signatures whose content is still being read, and takes no more of them", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/rsa-2048");
    async function* source(): AsyncGenerator<Uint8Array> {
      await delay(50);
      yield Buffer.from("what is signed");
    }
    const large = new Uint8Array(4 * 1024 * 1024);
    const { signCms, signCmsStream } = await import("../src/cms/index.js");
    const streamed = new Response(
      signCmsStream(new Blob([large]), { policy, detached: false }),
    ).arrayBuffer();
    const signing = [signCms(source(), { policy }), signCms("package.json", { policy })];
    // The stream is read from its first pull on.
    await delay(0);
    const closing = signpath.close();
    const late = codedFailureOf(signCms(source(), { policy }));
    for (const signature of await Promise.all([...signing, streamed]))
      expect(signature.byteLength).toBeGreaterThan(1000);
    expect(await late).toMatchObject({ code: "ABORTED", attempts: 0 });
    await closing;
  });

  it("waits for a signature with all its requests: also for the look at a certificate that was replaced", async () => {
    const signpath = connect(emulator());
    const policy = await signpath.policy("demo/rsa-2048");
    await emulator().rotateCertificate("rsa-2048", { newKey: true });
    emulator().addFault({ kind: "latency", ms: 100, route: "signingRequests" });
    const signing = codedFailureOf(policy.signHash(HASH, RSA));
    await delay(20);
    const closing = signpath.close();
    expect(await codedFailureOf(policy.signHash(HASH, RSA))).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(await codedFailureOf(signpath.policies())).toMatchObject({ code: "ABORTED", attempts: 0 });
    expect(await signing).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true });
    await closing;
  });
});

describe("an abort of many calls by one signal", () => {
  it("lets no call begin that is about to end", async () => {
    let asked = 0;
    const apiToken = (): string => {
      asked++;
      return emulator().apiToken;
    };
    const { apiUrl, organizationId } = emulator();
    const signpath = connect({ apiUrl, organizationId, apiToken: "" }, { apiToken, maxConcurrency: 2 });
    const policy = await signpath.policy("demo/rsa-2048");
    emulator().addFault({ kind: "silence", count: Number.POSITIVE_INFINITY });
    asked = 0;
    const controller = new AbortController();
    const calls = Array.from({ length: 50 }, () =>
      codedFailureOf(policy.signHash(HASH, RSA, { signal: controller.signal })),
    );
    await delay(50);
    controller.abort();
    const attempts = (await Promise.all(calls)).map((error) => error.attempts);
    expect(attempts.reduce((sum, each) => sum + each, 0)).toBe(2);
    expect(asked).toBe(2);
  });
});

describe("a policy that nobody waits for any more", () => {
  it("is no longer asked for, so that the client can be closed at once", async () => {
    emulator().addFault({ kind: "silence", route: "mySigningPolicies" });
    const signpath = connect(emulator(), { totalTimeoutMs: 60_000, requestTimeoutMs: 60_000 });
    const { length } = emulator().requests;
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [first, second].map(({ signal }) =>
      codedFailureOf(signpath.policy("demo/p-256", { signal })),
    );
    await expect.poll(() => emulator().requests.length).toBe(length + 1);
    first.abort();
    expect(await calls[0]).toMatchObject({ code: "ABORTED" });
    // The second still waits, and whoever comes now shares its request.
    const third = new AbortController();
    const joined = codedFailureOf(signpath.policy("demo/p-256", { signal: third.signal }));
    second.abort();
    expect(await calls[1]).toMatchObject({ code: "ABORTED" });
    expect(emulator().requests).toHaveLength(length + 1);
    third.abort();
    expect(await joined).toMatchObject({ code: "ABORTED" });
    await signpath.close();
    // And whoever comes after the last one begins anew.
    const later = connect(emulator());
    expect((await later.policy("demo/p-256")).reference).toBe("demo/p-256");
  });
});

describe("a policy that is fetched anew", () => {
  it("does not wait for an answer that was asked for before, nor is it replaced by one", async () => {
    const [before, after] = await Promise.all(["rsa-2048", "rsa-3072"].map(recordOf));
    const answers: ((record: SigningPolicyRecord | undefined) => void)[] = [];
    const api = {
      config: { policyCacheMs: 0 },
      begin: () => undefined,
      end: () => undefined,
      mySigningPolicies: () =>
        new Promise((answer) => {
          answers.push((record) => answer([record]));
        }),
    } as unknown as ApiClient;
    const signer = { serverIsKnown: () => undefined } as unknown as HashSigner;
    let refresh: () => Promise<boolean> = () => Promise.reject(new Error("no key was made"));
    const operations = {
      privateKey: (state: { refresh(): Promise<boolean> }) => {
        refresh = () => state.refresh();
      },
    } as unknown as PolicyOperations;
    const directory = new PolicyDirectory(api, signer, operations);
    const slugs = { projectSlug: "demo", signingPolicySlug: "one" };
    const first = directory.get(slugs);
    answers[0]?.(before);
    const policy = await first;
    policy.privateKey("ECDSA");
    const slow = directory.get(slugs);
    const changed = refresh();
    expect(answers).toHaveLength(3);
    answers[2]?.(after);
    expect(await changed).toBe(true);
    answers[1]?.(before);
    expect((await slow).keySizeInBits).toBe(3072);
  });

  it("no longer signs with a key object that is for another curve, and says what to do", async () => {
    const records = await Promise.all(["p-256", "p-384"].map(recordOf));
    const api = {
      config: { policyCacheMs: 0 },
      begin: () => undefined,
      end: () => undefined,
      mySigningPolicies: () => Promise.resolve([records.shift()]),
    } as unknown as ApiClient;
    const signer = { serverIsKnown: () => undefined } as unknown as HashSigner;
    const operations = {
      privateKey: (state: PolicyState) => createPrivateKey(state, "ECDSA", signRemotely),
    } as unknown as PolicyOperations;
    const directory = new PolicyDirectory(api, signer, operations);
    const slugs = { projectSlug: "demo", signingPolicySlug: "one" };
    const key = (await directory.get(slugs)).privateKey("ECDSA") as CryptoKey & SignPathCryptoKey;
    await directory.get(slugs);
    const signing = signWithKey({ name: "ECDSA", hash: "SHA-256" }, key, Uint8Array.from(HASH));
    const error = await codedFailureOf(signing);
    expect(error).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: false, attempts: 0 });
    expect(error.message).toContain("is on P-384 now, this one on P-256");
  });

  async function recordOf(slug: string): Promise<SigningPolicyRecord> {
    const certificateBytes = encodeBase64(await emulator().certificateOf(slug));
    return { projectSlug: "demo", signingPolicySlug: "one", certificateBytes };
  }
});

describe("a certificate that restricts RSA-PSS", () => {
  it.each([
    ["its hash", { hash: "sha256", mgf1Hash: "sha256", saltLength: 32 }, "SHA-256", true],
    ["any hash where it names none", {}, "SHA-512", true],
    ["another hash", { hash: "sha256", mgf1Hash: "sha256", saltLength: 32 }, "SHA-512", false],
    ["another mask hash", { hash: "sha256", mgf1Hash: "sha1", saltLength: 32 }, "SHA-256", false],
    ["a shorter salt than its own", { hash: "sha256", mgf1Hash: "sha256", saltLength: 64 }, "SHA-256", false],
  ] as const)("is asked about %s", (_title, pss, hash, allowed) => {
    const key = { type: "rsa", modulusLength: 2048, publicExponent: 65537n, pss } as const;
    const check = (): void => requireAllowedHash({ key } as never, resolve("RSA-PSS", hash, undefined));
    if (allowed) check();
    else expect(codedThrownBy(check)).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", attempts: 0 });
  });
});

describe("hostile text", () => {
  it("of the length of the largest answer is told from Base64", () => {
    const long = "A".repeat(16 * 1024 * 1024);
    expect(decodeBase64(`${long.slice(1)}!`)).toBeUndefined();
    expect(decodeBase64(`${long.slice(2)}!=`)).toBeUndefined();
    expect(decodeBase64(`${long.slice(4)}AAB=`)).toHaveLength((long.length / 4) * 3 - 1);
  });

  it("as an error page is read in a time that does not grow with its tricks", () => {
    const begin = process.cpuUsage().user;
    readServerWords(Buffer.from(`<${"<title".repeat(11_000)}`), (text) => text);
    expect(process.cpuUsage().user - begin).toBeLessThan(500_000);
  });

  it("with a token that begins with another one is redacted as a whole", async () => {
    const given = ["canary", "canary-suffix"];
    const token = new ApiToken(() => given.shift() ?? "");
    await token.authorization();
    await token.authorization();
    expect(token.redact("canary-suffix and canary")).toBe("*** and ***");
  });
});

describe("a metadata function", () => {
  it("that fails as a promise is an error of the call, and of nothing else", async () => {
    const metadata = (async () => {
      throw new Error("no metadata");
    }) as unknown as () => undefined;
    const policy = await connect(emulator(), { metadata }).policy("demo/rsa-2048");
    expect(await codedFailureOf(policy.signHash(HASH, RSA))).toMatchObject({ code: "CONFIG_INVALID" });
    await delay(10);
  });
});
