import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type * as cose from "@auth0/cose";
import * as nodeBuild from "@auth0/cose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JoseAlgorithmName } from "../../src/adapter/algorithms.js";
import { install } from "../../src/toolkit/global/index.js";
import { sentTo, useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { python } from "../support/python.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import type { JoseVariant } from "./global-support.js";
import { JOSE_ALGORITHMS, JOSE_VARIANTS, publicKeyPem } from "./global-support.js";

const proves = toolkitTest({
  subpath: "/global",
  toolkit: "@auth0/cose",
  use: "`install()`, then `Sign1`, `Sign` of its `worker` build",
  verifiers: ["python-cose"],
  verifiedBy: ["cbor2 with cryptography"],
});
const PAYLOAD = Buffer.from("what is signed");

/** Numbers of COSE (RFC 9053, section 2.1; RFC 8812, section 2). */
const NUMBERS: Readonly<Record<JoseAlgorithmName, cose.Algorithms>> = {
  ...{ ES256: -7, ES384: -35, ES512: -36 },
  ...{ PS256: -37, PS384: -38, PS512: -39 },
  ...{ RS256: -257, RS384: -258, RS512: -259 },
};

const emulator = useEmulator();
const signpath = useSignPath(emulator);
let uninstall = (): void => undefined;
let worker: typeof cose;
beforeAll(async () => {
  worker = await loadWorkerBuild();
  uninstall = install();
});
afterAll(() => uninstall());

/** The build that signs by WebCrypto; its own conditions give it to runtimes other than Node. */
async function loadWorkerBuild(): Promise<typeof cose> {
  const manifest = pathToFileURL(createRequire(import.meta.url).resolve("@auth0/cose/package.json"));
  return import(new URL("dist/browser/index.js", manifest).href);
}

async function keyOf({ slug, name, hash }: Pick<JoseVariant, "slug" | "name" | "hash">) {
  const policy = await signpath().policy(`demo/${slug}`);
  return { policy, ...(await policy.keyPair({ name, hash })) };
}

function headersOf({ alg }: Pick<JoseVariant, "alg">): cose.ProtectedHeaders {
  const { Headers, ProtectedHeaders } = worker;
  return new ProtectedHeaders([[Headers.Algorithm, NUMBERS[alg]]]);
}

function sign1(key: CryptoKey, variant: Pick<JoseVariant, "alg">): Promise<cose.Sign1> {
  const { Headers, Sign1, UnprotectedHeaders } = worker;
  const unprotected = new UnprotectedHeaders([[Headers.KeyID, Buffer.from("a key")]]);
  return Sign1.sign(headersOf(variant), unprotected, PAYLOAD, key);
}

/**
 * Version 1.0.2 writes the protected headers of signers as maps, whatever key signs; RFC 9052, section 4.1, has byte strings.
 * What was signed is right.
 */
function withEncodedHeaders(message: cose.Sign): cose.Sign {
  const [protectedHeaders, unprotectedHeaders, payload] = message.getContentForEncoding();
  const signatures = message.signatures.map((signer) => [
    Reflect.get(signer, "encodedProtectedHeaders"), // public, but for the types
    signer.unprotectedHeaders,
    signer.signature,
  ]);
  return Object.assign(message, {
    getContentForEncoding: () => [protectedHeaders, unprotectedHeaders, payload, signatures],
  });
}

/** What is found in a message and in the same with another payload. */
async function verified(message: Uint8Array, keyPems: readonly string[]): Promise<unknown> {
  const bytes = Buffer.from(message);
  const changed = Buffer.from(bytes);
  const payload = changed.indexOf(PAYLOAD);
  changed[payload] = (changed[payload] ?? 0) ^ 1;
  const requests = [bytes, changed].map((each) => ({ message: each.toString("base64"), keyPems }));
  return python("python-cose", "verify_cose.py", requests);
}

const REJECTED = { ok: false, error: expect.stringContaining("InvalidSignature") };

describe("@auth0/cose in its worker build, with the global WebCrypto bridged,", () => {
  for (const variant of JOSE_VARIANTS) {
    const { slug, name, alg } = variant;
    proves(`signs a COSE_Sign1 by demo/${slug} with ${alg}`, provenBy(slug, name), async () => {
      const { policy, privateKey, publicKey } = await keyOf(variant);
      const message = (await sign1(privateKey, variant)).encode();
      expect(await verified(message, [publicKeyPem(policy)])).toEqual([
        {
          ok: true,
          payload: PAYLOAD.toString("base64"),
          signatures: [{ alg: NUMBERS[alg], kid: Buffer.from("a key").toString("base64") }],
        },
        REJECTED,
      ]);
      await worker.Sign1.decode(message).verify(publicKey);
    });
  }

  proves(
    "signs one payload with all algorithms at once as COSE_Sign",
    ["RSA PKCS#1", "RSA-PSS", "P-256", "P-384", "P-521"],
    async () => {
      const { Headers, ProtectedHeaders, Sign, UnprotectedHeaders } = worker;
      const signers = await Promise.all(
        JOSE_ALGORITHMS.map(async (variant) => {
          const { policy, privateKey: key } = await keyOf(variant);
          const unprotectedHeaders = new UnprotectedHeaders([[Headers.KeyID, Buffer.from("a key")]]);
          return { policy, variant, key, protectedHeaders: headersOf(variant), unprotectedHeaders };
        }),
      );
      const body = new ProtectedHeaders([[Headers.ContentType, 0]]);
      const message = await Sign.sign(body, new UnprotectedHeaders([]), PAYLOAD, signers);
      const keyPems = signers.map(({ policy }) => publicKeyPem(policy));
      const encoded = withEncodedHeaders(message).encode();
      expect(await verified(encoded, keyPems)).toMatchObject([
        { ok: true, signatures: signers.map(({ variant }) => ({ alg: NUMBERS[variant.alg] })) },
        REJECTED,
      ]);
      const shifted = [...keyPems.slice(1), ...keyPems.slice(0, 1)];
      expect(await verified(encoded, shifted)).toMatchObject([{ ok: false }, { ok: false }]);
    },
  );

  it("signs 16 messages at once", async () => {
    const { privateKey, publicKey } = await keyOf({ slug: "p-384", name: "ECDSA", hash: "SHA-384" });
    const before = sentTo(emulator());
    const messages = await Promise.all(Array.from({ length: 16 }, () => sign1(privateKey, { alg: "ES384" })));
    await Promise.all(messages.map((message) => message.verify(publicKey)));
    expect(sentTo(emulator()) - before).toBe(16);
  });

  it.each([
    ["RS256", { slug: "p-256", name: "ECDSA", hash: "SHA-256" }],
    ["ES256", { slug: "p-384", name: "ECDSA", hash: "SHA-384" }],
    ["ES256", { slug: "rsa-2048", name: "RSA-PSS", hash: "SHA-256" }],
    ["PS256", { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
    ["RS512", { slug: "rsa-2048", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
  ] as const)("refuses %s with %o before anything is sent", async (alg, key) => {
    const { privateKey } = await keyOf(key);
    const before = emulator().requests.length;
    await expect(sign1(privateKey, { alg })).rejects.toBeInstanceOf(TypeError);
    expect(emulator().requests).toHaveLength(before);
  });

  it("is what it takes: the build for Node looks for keys of Node and sends nothing", async () => {
    const { privateKey } = await keyOf({ slug: "p-256", name: "ECDSA", hash: "SHA-256" });
    const before = emulator().requests.length;
    const { Headers, ProtectedHeaders, Sign1 } = nodeBuild;
    const headers = new ProtectedHeaders([[Headers.Algorithm, NUMBERS["ES256"]]]);
    const signing = Sign1.sign(headers, undefined, PAYLOAD, privateKey);
    await expect(signing).rejects.toThrow(/must be one of type/);
    expect(emulator().requests).toHaveLength(before);
  });
});
