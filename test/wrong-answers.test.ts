import { createHash, verify, webcrypto, X509Certificate } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { SignPathErrorCode } from "../src/base/errors.js";
import { SignPathError } from "../src/base/errors.js";
import type { Fault } from "../src/emulator/index.js";
import { subtle } from "../src/index.js";
import { useSignPath } from "./cms/support.js";
import { useEmulator } from "./support/emulator.js";
import { codedFailureOf, failureOf } from "./support/failure.js";

const DATA = Buffer.from("The answer to this is wrong");

const PKCS1 = { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", length: 256 };
const PSS = { slug: "rsa-3072", name: "RSA-PSS", hash: "SHA-384", length: 384 };
const P256 = { slug: "p-256", name: "ECDSA", hash: "SHA-256", length: 64 };
const P384 = { slug: "p-384", name: "ECDSA", hash: "SHA-512", length: 96 };
const P521 = { slug: "p-521", name: "ECDSA", hash: "SHA-384", length: 132 };
type Signer = typeof PKCS1;
const SIGNERS: readonly Signer[] = [PKCS1, PSS, P256, P384, P521];
const RSA: readonly Signer[] = [PKCS1, PSS];
const EC: readonly Signer[] = [P256, P384, P521];

const ROUTES = ["fast", "sign-hash", "asynchronous"] as const;
type Route = (typeof ROUTES)[number];

/** The request that is answered with the signature. */
const ANSWERED_BY = {
  fast: "signingRequests",
  "sign-hash": "signHash",
  asynchronous: "signedArtifact",
} as const;

type Case = readonly [
  title: string,
  fault: Fault,
  signers: readonly Signer[],
  routes: readonly Route[],
  code: SignPathErrorCode,
  message: RegExp | ((signer: Signer) => RegExp),
];

const FOREIGN = /is wrong: it is not a signature of this hash by the certificate's key. It was not returned/;
const WRONG: SignPathErrorCode = "SIGNATURE_INVALID";
const INVALID: SignPathErrorCode = "INVALID_RESPONSE";

const CASES: readonly Case[] = [
  ["another key's signature", { kind: "other-key" }, SIGNERS, ROUTES, WRONG, FOREIGN],
  ["the signature of another hash", { kind: "other-hash" }, SIGNERS, ROUTES, WRONG, FOREIGN],
  [
    "a truncated signature",
    { kind: "truncated-signature" },
    SIGNERS,
    ROUTES,
    WRONG,
    ({ length }) => new RegExp(`it is ${length - 1} bytes long, the certificate's key makes ${length}\\.`),
  ],
  ["a signature of zeros", { kind: "zero-signature" }, SIGNERS, ROUTES, WRONG, FOREIGN],
  ["a signature with the other padding", { kind: "other-padding" }, RSA, ROUTES, WRONG, FOREIGN],
  [
    "a signature with a shorter salt",
    { kind: "other-salt-length", saltLength: 20 },
    [PSS],
    ROUTES,
    WRONG,
    /its salt is 20 bytes long; expected were 48, the length of the hash/,
  ],
  [
    "a signature with no salt",
    { kind: "other-salt-length", saltLength: 0 },
    [PSS],
    ROUTES,
    WRONG,
    /its salt is 0 bytes long; expected were 48/,
  ],
  [
    "a signature with the longest salt that there is room for",
    { kind: "other-salt-length", saltLength: 334 },
    [PSS],
    ROUTES,
    WRONG,
    /its salt is 334 bytes long; expected were 48/,
  ],
  [
    "a signature that is said to be of another hash",
    { kind: "foreign-echo", field: "hash" },
    SIGNERS,
    ROUTES,
    INVALID,
    /it is about another hash than the one that was sent/,
  ],
  [
    "a signature that is said to be by another algorithm",
    { kind: "foreign-echo", field: "algorithm" },
    SIGNERS,
    ["fast", "asynchronous"],
    INVALID,
    /about another signature algorithm/,
  ],
  [
    "a signature that is said to be of another kind of hash",
    { kind: "foreign-echo", field: "oid" },
    RSA,
    ["fast", "asynchronous"],
    INVALID,
    /about another hash algorithm/,
  ],
  ["a page of HTML", { kind: "html" }, [PKCS1, P256], ROUTES, INVALID, /an HTML page, not JSON/],
  ["malformed JSON", { kind: "malformed-json" }, [PKCS1, P256], ROUTES, INVALID, /it is not JSON/],
  [
    "no signature",
    { kind: "missing-field", field: "Signature" },
    [PKCS1, P256],
    ROUTES,
    INVALID,
    /signature is undefined/,
  ],
];

const ROWS = CASES.flatMap(([title, fault, signers, routes, code, message]) =>
  signers.flatMap((signer) =>
    routes.map((route) => {
      const expected = { fault, code, message: typeof message === "function" ? message(signer) : message };
      return [title, signer.slug, route, signer, expected] as const;
    }),
  ),
);

describe("an answer", () => {
  const emulator = useEmulator({ processingMs: 0 });
  const clients = {
    fast: useSignPath(emulator),
    "sign-hash": useSignPath(emulator, { route: "sign-hash" }),
    asynchronous: useSignPath(emulator, { route: "asynchronous" }),
  };
  const trusting = useSignPath(emulator, { verifySignatures: false });
  const asked = (route: Route): number =>
    emulator().requests.filter((request) => request.route === ANSWERED_BY[route]).length;
  const isGood = async ({ slug, name, hash }: Signer, signature: Uint8Array): Promise<boolean> => {
    const options = { name, hash, ...(name === "RSA-PSS" && { saltLength: 48 }) };
    const policy = await clients.fast().policy(`demo/${slug}`);
    const key = await policy.publicKey({ name, hash });
    return webcrypto.subtle.verify(options, key, new Uint8Array(signature), DATA);
  };

  afterEach(() => emulator().clearFaults());

  it.each(ROWS)("with %s by %s over the route %s gives its error, and no signature", async (...row) => {
    const [, slug, route, { name, hash }, { fault, code, message }] = row;
    const policy = await clients[route]().policy(`demo/${slug}`);
    const key = policy.privateKey({ name, hash });
    const facts = { code, stage: "sign", retryable: false, attempts: 1 };
    const order = (): void => emulator().addFault({ ...fault, route: ANSWERED_BY[route] });

    const before = asked(route);
    const met = (): number => emulator().requests.filter((request) => request.fault === fault.kind).length;
    const metBefore = met();
    order();
    const exception = await failureOf(subtle.sign(key.algorithm, key, DATA));
    expect(exception).toBeInstanceOf(DOMException);
    expect(exception).toMatchObject({ name: "OperationError", message: expect.stringMatching(message) });
    const { cause } = exception as DOMException;
    expect(cause).toBeInstanceOf(SignPathError);
    expect(cause).toMatchObject({ ...facts, message: expect.stringMatching(message) });

    const digest = createHash(hash.replace("-", "")).update(DATA).digest();
    // The routes differ below this floor only: one way to ask is enough for the slower ones.
    const more = [
      () => policy.signHash(digest, { name, hash }),
      () => policy.signStream(DATA, { name, hash }),
    ].slice(route === "fast" ? 0 : 2);
    for (const sign of more) {
      order();
      const failure = await failureOf(sign());
      expect(failure).toBeInstanceOf(SignPathError);
      expect(failure).toMatchObject({ ...facts, message: expect.stringMatching(message) });
    }
    // Asked once each time, and met by the fault each time: what is wrong is not asked for again.
    expect(asked(route)).toBe(before + 1 + more.length);
    expect(met()).toBe(metBefore + 1 + more.length);
  });

  it.each(EC.map((signer) => [signer.slug, signer] as const))(
    "with an ASN.1 signature by %s is accepted, and converted",
    async (slug, signer) => {
      const { name, hash, length } = signer;
      const met = (): number => emulator().requests.filter(({ fault }) => fault === "der-signature").length;
      const before = met();
      for (const route of ROUTES) {
        const policy = await clients[route]().policy(`demo/${slug}`);
        const key = policy.privateKey({ name, hash });
        const digest = createHash(hash.replace("-", "")).update(DATA).digest();
        for (const sign of [
          async () => new Uint8Array(await subtle.sign(key.algorithm, key, DATA)),
          () => policy.signHash(digest, { name, hash }),
          () => policy.signStream(DATA, { name, hash }),
        ]) {
          emulator().addFault({ kind: "der-signature", route: ANSWERED_BY[route] });
          const signature = await sign();
          expect(signature).toHaveLength(length);
          expect(await isGood(signer, signature)).toBe(true);
          expect(signature.buffer.byteLength).toBe(length);
        }
      }
      expect(met()).toBe(before + 9);
    },
  );

  describe("to a client that does not verify", () => {
    it.each(
      (
        [
          ["other-key", SIGNERS],
          ["other-hash", SIGNERS],
          ["zero-signature", SIGNERS],
          ["other-padding", RSA],
        ] as const
      ).flatMap(([kind, signers]) => signers.map((signer) => [kind, signer.slug, signer] as const)),
    )("is given out as it came where its shape is right: %s by %s", async (kind, slug, signer) => {
      const { name, hash, length } = signer;
      const policy = await trusting().policy(`demo/${slug}`);
      const key = policy.privateKey({ name, hash });
      emulator().addFault({ kind });
      const signature = new Uint8Array(await subtle.sign(key.algorithm, key, DATA));
      expect(signature).toHaveLength(length);
      expect(await isGood(signer, signature)).toBe(false);
      if (kind === "zero-signature") expect(signature.every((byte) => byte === 0)).toBe(true);
    });

    it("with another salt length is given out as it came", async () => {
      const policy = await trusting().policy("demo/rsa-3072");
      emulator().addFault({ kind: "other-salt-length", saltLength: 11 });
      const signature = await policy.signStream(DATA, { name: "RSA-PSS", hash: "SHA-384" });
      const key = await policy.publicKey({ name: "RSA-PSS", hash: "SHA-384" });
      const says = (saltLength: number): Promise<boolean> =>
        webcrypto.subtle.verify({ name: "RSA-PSS", saltLength }, key, signature, DATA);
      expect([await says(48), await says(11)]).toEqual([false, true]);
    });

    it.each(SIGNERS.map((signer) => [signer.slug, signer] as const))(
      "is still refused where it is too short: by %s",
      async (slug, { name, hash, length }) => {
        const policy = await trusting().policy(`demo/${slug}`);
        emulator().addFault({ kind: "truncated-signature" });
        const failure = await codedFailureOf(policy.signStream(DATA, { name, hash }));
        expect(failure).toMatchObject({ code: "SIGNATURE_INVALID", stage: "sign", retryable: false });
        expect(failure.message).toContain(`it is ${length - 1} bytes long`);
      },
    );

    it.each(EC.map((signer) => [signer.slug, signer] as const))(
      "is still converted where it is ASN.1: by %s",
      async (slug, signer) => {
        const { name, hash, length } = signer;
        const policy = await trusting().policy(`demo/${slug}`);
        emulator().addFault({ kind: "der-signature" });
        const signature = await policy.signStream(DATA, { name, hash });
        expect(signature).toHaveLength(length);
        expect(await isGood(signer, signature)).toBe(true);
      },
    );

    it.each<[string, Fault]>([
      ["HTML", { kind: "html" }],
      ["malformed JSON", { kind: "malformed-json" }],
      ["without a signature", { kind: "missing-field", field: "Signature" }],
      ["about another hash", { kind: "foreign-echo", field: "hash" }],
    ])("is still refused where it is %s", async (_title, fault) => {
      const policy = await trusting().policy("demo/p-256");
      emulator().addFault({ ...fault, route: "signingRequests" });
      const failure = await codedFailureOf(policy.signStream(DATA, { name: "ECDSA", hash: "SHA-256" }));
      expect(failure).toMatchObject({ code: "INVALID_RESPONSE", stage: "sign", attempts: 1 });
    });
  });
});

describe("a rotation", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);
  const trusting = useSignPath(emulator, { verifySignatures: false });
  const lists = (): number => emulator().requests.filter(({ route }) => route === "mySigningPolicies").length;

  it.each([PKCS1, P256].map((signer) => [signer.slug, signer] as const))(
    "to a new certificate of the same key disturbs nobody: %s",
    async (slug, { name, hash }) => {
      const policy = await signpath().policy(`demo/${slug}`);
      const key = policy.privateKey({ name, hash });
      await subtle.sign(key.algorithm, key, DATA);
      await emulator().rotateCertificate(slug, { newKey: false });
      const before = lists();
      const signature = Buffer.from(await subtle.sign(key.algorithm, key, DATA));
      const publicKey = new X509Certificate(await emulator().certificateOf(slug)).publicKey;
      const dsaEncoding = "ieee-p1363";
      expect(verify("sha256", DATA, { key: publicKey, dsaEncoding }, signature)).toBe(true);
      expect(lists()).toBe(before);
    },
  );

  it.each([PKCS1, { ...PSS, slug: "rsa-2048" }, P256, P521].map((signer) => [signer.slug, signer] as const))(
    "to a new key is told once, then the same key and policy go on with it: %s",
    async (slug, { name, hash }) => {
      const policy = await signpath().policy(`demo/${slug}`);
      const key = policy.privateKey({ name, hash });
      const oldCertificate = policy.certificateDer;
      await emulator().rotateCertificate(slug, { newKey: true });
      const exception = await failureOf(subtle.sign(key.algorithm, key, DATA));
      expect(exception).toBeInstanceOf(DOMException);
      expect(exception).toMatchObject({
        name: "OperationError",
        cause: {
          code: "CERTIFICATE_CHANGED",
          stage: "sign",
          retryable: true,
          attempts: 1,
          message: expect.stringContaining(`demo/${slug} was replaced`),
        },
      });
      expect(policy.certificateDer).not.toEqual(oldCertificate);
      expect(policy.certificateDer).toEqual(await emulator().certificateOf(slug));
      expect(new Uint8Array(policy.certificate.rawData)).toEqual(policy.certificateDer);

      const before = lists();
      const signature = await subtle.sign(key.algorithm, key, DATA);
      const publicKey = await policy.publicKey(key.algorithm);
      expect(await subtle.verify(key.algorithm, publicKey, signature, DATA)).toBe(true);
      expect(await signpath().policy(`demo/${slug}`)).toBe(policy);
      expect(lists()).toBe(before);
    },
  );

  it("to a new key under many signatures at once is told to all of them, and asked for once", async () => {
    const policy = await signpath().policy("demo/p-384");
    const algorithm = { name: "ECDSA", hash: "SHA-384" };
    await policy.signStream(DATA, algorithm);
    await emulator().rotateCertificate("p-384", { newKey: true });
    const before = lists();
    const calls = Array.from({ length: 12 }, () => codedFailureOf(policy.signStream(DATA, algorithm)));
    for (const failure of await Promise.all(calls))
      expect(failure).toMatchObject({ code: "CERTIFICATE_CHANGED", retryable: true });
    expect(lists()).toBe(before + 1);
    expect(await policy.signStream(DATA, algorithm)).toHaveLength(96);
  });

  it("that cannot be looked up leaves a wrong signature wrong, with the reason as its cause", async () => {
    const policy = await signpath().policy("demo/rsa-2048");
    await emulator().rotateCertificate("rsa-2048", { newKey: true });
    emulator().addFault({ kind: "status", status: 403, route: "mySigningPolicies" });
    const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
    const failure = await codedFailureOf(policy.signStream(DATA, algorithm));
    expect(failure).toMatchObject({
      code: "SIGNATURE_INVALID",
      retryable: false,
      cause: { code: "FORBIDDEN", stage: "policy" },
    });
    expect(await codedFailureOf(policy.signStream(DATA, algorithm))).toMatchObject({
      code: "CERTIFICATE_CHANGED",
    });
    expect(await policy.signStream(DATA, algorithm)).toHaveLength(256);
  });

  it("to a certificate that cannot be read leaves a wrong signature wrong", async () => {
    const policy = await signpath().policy("demo/p-384");
    await emulator().rotateCertificate("p-384", { newKey: true });
    emulator().addFault({ kind: "garbage-certificate" });
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    expect(await codedFailureOf(policy.signStream(DATA, algorithm))).toMatchObject({
      code: "SIGNATURE_INVALID",
    });
    expect(policy.defect).toMatch(/certificate cannot be read/);
  });

  it("to a new key is not noticed by a client that does not verify", async () => {
    const policy = await trusting().policy("demo/p-256");
    await emulator().rotateCertificate("p-256", { newKey: true });
    expect(await policy.signStream(DATA, { name: "ECDSA", hash: "SHA-256" })).toHaveLength(64);
  });
});
