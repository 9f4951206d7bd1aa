import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SigningPolicy } from "../src/index.js";
import { SignPath, SignPathError, subtle } from "../src/index.js";
import { connect, digest } from "./support/client.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf, failureOf } from "./support/failure.js";
import { temporaryFolder } from "./support/temporary.js";

const emulator = useEmulator();
const DATA = Buffer.from("data");
const PKCS1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const PSS = { name: "RSA-PSS", hash: "SHA-256" };
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

afterEach(() => emulator().clearFaults());

/** A policy, and how many requests it has led to. */
async function policyOf(slug: string, options = {}): Promise<{ policy: SigningPolicy; sent: () => number }> {
  const policy = await connect(emulator(), options).policy(`demo/${slug}`);
  const { length } = emulator().requests;
  return { policy, sent: () => emulator().requests.length - length };
}

describe("a client", () => {
  it("with a wrong token is told so, at once", async () => {
    const { length } = emulator().requests;
    const signpath = connect({ ...server(), apiToken: "wrong/token" });
    for (const call of [signpath.policies(), signpath.policy("demo/p-256")]) {
      const error = await codedFailureOf(call);
      expect(error).toMatchObject({
        code: "AUTHENTICATION_FAILED",
        stage: "policy",
        status: 401,
        attempts: 1,
      });
      expect(error.retryable).toBe(false);
      expect(error.message).toContain("Check the API token (SIGNPATH_API_TOKEN)");
    }
    expect(emulator().requests).toHaveLength(length + 2);
  });

  it("of another organization is told so", async () => {
    const signpath = connect({ ...server(), organizationId: "00000000-0000-4000-8000-000000000000" });
    const error = await codedFailureOf(signpath.policies());
    expect(error).toMatchObject({ stage: "policy", attempts: 1, retryable: false });
    expect(["AUTHENTICATION_FAILED", "FORBIDDEN", "REQUEST_REJECTED"]).toContain(error.code);
  });

  it("whose token is withdrawn in between is told so when it signs", async () => {
    const { apiToken } = emulator();
    let token = apiToken;
    const policy = await connect(emulator(), { apiToken: () => token }).policy("demo/p-256");
    token = "withdrawn";
    expect(await codedFailureOf(policy.signStream(DATA, ECDSA))).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      stage: "sign",
      attempts: 1,
    });
    token = apiToken;
    expect(await policy.signStream(DATA, ECDSA)).toHaveLength(64);
  });

  it("without settings is told everything that it lacks", () => {
    expect(() => new SignPath()).toThrow(SignPathError);
    expect(() => new SignPath()).toThrow(/OrganizationId is missing[\s\S]*ApiToken is missing/);
  });

  it("with an address where nobody answers is told so", async () => {
    vi.stubEnv("SIGNPATH_TIMEOUTS_RETRY_COUNT", "0");
    const signpath = connect({ ...server(), apiUrl: "http://127.0.0.1:9/Api" });
    expect(await codedFailureOf(signpath.policies())).toMatchObject({
      code: "CONNECTION_FAILED",
      retryable: true,
    });
  });

  function server(): { apiUrl: string; organizationId: string; apiToken: string } {
    const { apiUrl, organizationId, apiToken } = emulator();
    return { apiUrl, organizationId, apiToken };
  }
});

describe("a policy", () => {
  it.each([
    ["an unknown project", "other/rsa-2048"],
    ["an unknown slug", "demo/none"],
    ["another user's", "demo/forbidden"],
  ])("that is %s is not found, with what to check", async (_what, reference) => {
    const error = await codedFailureOf(connect(emulator()).policy(reference));
    expect(error).toMatchObject({ code: "POLICY_NOT_FOUND", stage: "policy", retryable: false });
    expect(error.message).toContain(`there is no signing policy ${reference} for this API token`);
  });

  it("that the user may no longer submit to is refused when it signs", async () => {
    emulator().setSubmitter("p-384", true);
    const { policy } = await policyOf("p-384");
    emulator().setSubmitter("p-384", false);
    try {
      const error = await codedFailureOf(policy.signStream(DATA, ECDSA));
      expect(error).toMatchObject({
        code: "FORBIDDEN",
        stage: "sign",
        status: 403,
        attempts: 1,
        retryable: false,
      });
      expect(error.message).toContain("You are not a submitter of the signing policy with slug 'p-384'");
      expect(error.message).toContain("The token's user must be a submitter of the signing policy.");
      expect(error.problem?.detail).toContain("p-384");
      expect(error.traceId).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    } finally {
      emulator().setSubmitter("p-384", true);
    }
  });

  it("with an approval process is refused, unless the route is asynchronous", async () => {
    const { policy, sent } = await policyOf("approval");
    const key = policy.privateKey(PKCS1);
    const exception = await failureOf(subtle.sign(key.algorithm, key, DATA));
    expect(exception).toBeInstanceOf(DOMException);
    expect(exception).toMatchObject({
      name: "InvalidAccessError",
      cause: { code: "POLICY_UNUSABLE", status: 400 },
    });
    const error = await codedFailureOf(policy.signStream(DATA, PKCS1));
    expect(error.message).toContain("The selected signing policy has an approval process.");
    expect(error.message).toContain('needs route "asynchronous"');
    expect(sent()).toBe(2);
  });

  it.each(["demo", "demo/", "/p-256", "a/b/c", ""])("cannot be named %j", async (reference) => {
    expect(await codedFailureOf(connect(emulator()).policy(reference))).toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

describe("nothing is sent for", () => {
  it.each<[string, string, object | string, RegExp]>([
    [
      "an EC key asked for RSA-PSS",
      "p-256",
      PSS,
      /RSA-PSS cannot be used with an EC key on P-256: ECDSA can/,
    ],
    ["an EC key asked for RSASSA-PKCS1-v1_5", "p-521", PKCS1, /cannot be used with an EC key on P-521/],
    [
      "an RSA key asked for ECDSA",
      "rsa-2048",
      ECDSA,
      /cannot be used with an RSA key: RSASSA-PKCS1-v1_5 and RSA-PSS can/,
    ],
    ["another curve", "p-256", { ...ECDSA, namedCurve: "P-384" }, /the key is on P-256, not on "P-384"/],
    ["MD5", "rsa-2048", { ...PKCS1, hash: "MD5" }, /"MD5" is not a hash that SignPath signs: SHA-1, SHA-256/],
    ["no hash", "rsa-2048", "RSASSA-PKCS1-v1_5", /needs a hash/],
    ["no hash for ECDSA", "p-256", "ECDSA", /ECDSA needs a hash/],
    [
      "another salt length than the hash's",
      "rsa-2048",
      { ...PSS, saltLength: 20 },
      /a salt of 20 bytes is not supported/,
    ],
    [
      "the salt of another hash",
      "rsa-2048",
      { name: "RSA-PSS", hash: "SHA-512", saltLength: 32 },
      /64 bytes for SHA-512/,
    ],
    ["another algorithm", "rsa-2048", { name: "Ed25519" }, /is not an algorithm that SignPath signs with/],
    ["no algorithm", "rsa-2048", {}, /an algorithm is a name or an object with a name/],
  ])("%s", async (_what, slug, algorithm, message) => {
    const { policy, sent } = await policyOf(slug);
    for (const sign of [
      () => policy.signStream(DATA, algorithm as typeof PSS),
      () => policy.signHash(digest("SHA-256", DATA), algorithm as typeof PSS),
    ]) {
      const error = await codedFailureOf(sign());
      expect(error).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED", stage: "sign", attempts: 0 });
      expect(error.message).toMatch(message);
    }
    expect(sent()).toBe(0);
  });

  it.each<[string, Uint8Array, object]>([
    ["no hash", new Uint8Array(), PKCS1],
    ["a shorter hash", new Uint8Array(31), PKCS1],
    ["a longer hash", new Uint8Array(33), PSS],
    ["the hash of another algorithm", new Uint8Array(20), PSS],
    ["a message in place of its hash", Buffer.from("message"), PSS],
  ])("%s that does not fit", async (_what, hash, algorithm) => {
    const { policy, sent } = await policyOf("rsa-2048");
    const error = await codedFailureOf(policy.signHash(hash, algorithm as typeof PSS));
    expect(error).toMatchObject({ code: "REQUEST_REJECTED", stage: "sign", attempts: 0, retryable: false });
    expect(error.message).toBe(
      `a hash of ${hash.length} bytes cannot be signed as SHA-256, which has 32; nothing was sent`,
    );
    expect(sent()).toBe(0);
  });

  it.each([
    ["text", "text"],
    ["a number", 32],
    ["nothing", undefined],
    ["null", null],
    ["a list", Array(32).fill(1)],
    ["a shared buffer", new SharedArrayBuffer(4)],
  ])("data that is %s", async (_what, data) => {
    const { policy, sent } = await policyOf("p-256");
    const key = policy.privateKey(ECDSA);
    expect(await failureOf(subtle.sign(key.algorithm, key, data as unknown as BufferSource))).toBeInstanceOf(
      TypeError,
    );
    expect(await failureOf(policy.signHash(data as unknown as ArrayBuffer, ECDSA))).toBeInstanceOf(TypeError);
    expect(sent()).toBe(0);
  });

  it.each([
    ["a number", 5],
    ["nothing", undefined],
    ["null", null],
    ["an object", {}],
    ["a stream of text", Readable.from(["text"])],
    ["a stream of objects", Readable.from([{}])],
    ["a promise", Promise.resolve(DATA)],
  ])("a source that is %s", async (_what, source) => {
    const { policy, sent } = await policyOf("p-256");
    const error = await failureOf(policy.signStream(source as unknown as Uint8Array, ECDSA));
    expect(error).toBeInstanceOf(TypeError);
    expect(sent()).toBe(0);
  });

  it("a file that is missing, a folder or not readable, in the system's own words", async () => {
    const folder = temporaryFolder();
    const unreadable = join(folder, "unreadable");
    writeFileSync(unreadable, "x");
    chmodSync(unreadable, 0o000);
    const { policy, sent } = await policyOf("p-256");
    const failures = [join(folder, "none"), folder].map((path) => failureOf(policy.signStream(path, ECDSA)));
    expect(await Promise.all(failures)).toMatchObject([
      { code: "ENOENT", path: join(folder, "none") },
      { code: "EISDIR" },
    ]);
    // The superuser may read everything.
    if (process.getuid?.() !== 0) {
      expect(await failureOf(policy.signStream(unreadable, ECDSA))).toMatchObject({ code: "EACCES" });
    }
    expect(sent()).toBe(0);
  });
});

it("an empty file is signed like any other", async () => {
  const path = join(temporaryFolder(), "empty");
  writeFileSync(path, "");
  const { policy } = await policyOf("p-256");
  const publicKey = await policy.publicKey(ECDSA);
  const nothing = new Uint8Array();
  for (const source of [path, nothing, new Blob([]), Readable.from([nothing])]) {
    const signature = await policy.signStream(source as Uint8Array, ECDSA);
    expect(await subtle.verify(ECDSA, publicKey, signature, nothing)).toBe(true);
  }
});
