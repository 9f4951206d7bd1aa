import { createVerify } from "node:crypto";
import type { Request, Response } from "http-message-signatures";
import { httpbis } from "http-message-signatures";
import * as algorithms from "http-message-signatures/lib/algorithm/index.js";
import { describe, expect, it } from "vitest";
import { httpMessageSigner } from "../../src/toolkit/signers/index.js";
import { useSignPath } from "../cms/support.js";
import { derOf } from "../support/ecdsa-der.js";
import { useEmulator } from "../support/emulator.js";
import { codedFailureOf } from "../support/failure.js";
import { provenBy, toolkitTest } from "../support/toolkit-row.js";
import { flipped, opensslAccepts, refusalOf } from "./signers-support.js";

const proves = toolkitTest({
  subpath: "/signers",
  toolkit: "http-message-signatures",
  use: "`httpMessageSigner(policy)` as the key",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`"],
});

const REQUEST: Request = {
  method: "POST",
  url: "https://example.com/releases?channel=stable",
  headers: {
    "Content-Type": "application/json",
    "Content-Digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
  },
};
const FIELDS = ["@method", "@authority", "@path", "@query", "content-type", "content-digest"];
const PSS = ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:sha512"];

const VARIANTS = [
  { slug: "rsa-2048", alg: "rsa-v1_5-sha256", name: "RSASSA-PKCS1-v1_5", hash: "sha256", options: [] },
  { slug: "rsa-3072", alg: "rsa-pss-sha512", name: "RSA-PSS", hash: "sha512", options: PSS },
  { slug: "p-256", alg: "ecdsa-p256-sha256", name: "ECDSA", hash: "sha256", options: [] },
  { slug: "p-384", alg: "ecdsa-p384-sha384", name: "ECDSA", hash: "sha384", options: [] },
] as const;

/** The signature and what it is of (RFC 9421, section 2.5), read from the headers anew. */
function readSignature(headers: Record<string, string | string[]>): { data: Buffer; signature: Buffer } {
  const [, parameters = ""] = /^sig=(.*)$/.exec(String(headers["Signature-Input"])) ?? [];
  const [, signature = ""] = /^sig=:(.*):$/.exec(String(headers["Signature"])) ?? [];
  const lines = [
    `"@method": POST`,
    `"@authority": example.com`,
    `"@path": /releases`,
    `"@query": ?channel=stable`,
    `"content-type": ${headers["Content-Type"]}`,
    `"content-digest": ${headers["Content-Digest"]}`,
    `"@signature-params": ${parameters}`,
  ];
  return { data: Buffer.from(lines.join("\n")), signature: Buffer.from(signature, "base64") };
}

describe("httpMessageSigner", () => {
  const emulator = useEmulator();
  const signpath = useSignPath(emulator);

  const toolkitAccepts = async (message: Request, slug: string, alg: string): Promise<boolean> => {
    const key = await emulator().publicKeyOf(slug);
    const verifier = algorithms.createVerifier(key, alg);
    const keyLookup = async ({ keyid }: { keyid?: string }) =>
      keyid === "release" ? { id: keyid, algs: [alg], verify: verifier } : null;
    return (await httpbis.verifyMessage({ keyLookup, requiredFields: FIELDS }, message)) === true;
  };

  for (const { slug, alg, name, hash, options } of VARIANTS) {
    proves(
      `signs requests that openssl and the toolkit accept, by ${alg}`,
      provenBy(slug, name),
      async () => {
        const policy = await signpath().policy(`demo/${slug}`);
        const key = httpMessageSigner(policy, { alg, keyid: "release" });
        const signed = await httpbis.signMessage({ key, fields: FIELDS }, REQUEST);
        expect(String(signed.headers["Signature-Input"])).toContain(`keyid="release";alg="${alg}"`);

        const pem = await emulator().publicKeyOf(slug);
        const { data, signature } = readSignature(signed.headers);
        const encode = (bytes: Buffer): Buffer => (name === "ECDSA" ? derOf(bytes) : bytes);
        const good = { data, signature: encode(signature) };
        expect(await opensslAccepts(pem, hash, good, ...options)).toBe(true);
        expect(await opensslAccepts(pem, hash, { ...good, data: flipped(data) }, ...options)).toBe(false);
        const other = { data, signature: encode(flipped(signature)) };
        expect(await opensslAccepts(pem, hash, other, ...options)).toBe(false);

        expect(await toolkitAccepts(signed, slug, alg)).toBe(true);
        const headers = { ...signed.headers, "Content-Digest": "sha-256=:AAAA:" };
        expect(await toolkitAccepts({ ...signed, headers }, slug, alg)).toBe(false);
      },
    );
  }

  it("signs by the key's own algorithm and without a key id where none is named", async () => {
    for (const { slug, alg } of VARIANTS.filter((variant) => variant.name !== "RSA-PSS")) {
      const key = httpMessageSigner(await signpath().policy(`demo/${slug}`));
      expect(key.alg).toBe(alg);
      expect(key).not.toHaveProperty("id");
      const signed = await httpbis.signMessage({ key, fields: ["@method"] }, REQUEST);
      expect(String(signed.headers["Signature-Input"])).not.toContain("keyid");
    }
  });

  it("signs responses", async () => {
    const key = httpMessageSigner(await signpath().policy("demo/p-256"));
    const response: Response = { status: 200, headers: {} };
    const signed = await httpbis.signMessage({ key, fields: ["@status"] }, response);
    const [, parameters] = /^sig=(.*)$/.exec(String(signed.headers["Signature-Input"])) ?? [];
    const [, signature = ""] = /^sig=:(.*):$/.exec(String(signed.headers["Signature"])) ?? [];
    const pem = await emulator().publicKeyOf("p-256");
    const verify = createVerify("sha256").update(`"@status": 200\n"@signature-params": ${parameters}`);
    const good = verify.verify({ key: pem, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64"));
    expect(good).toBe(true);
  });

  it("signs sixteen messages at once, each its own", async () => {
    const key = httpMessageSigner(await signpath().policy("demo/p-256"), { keyid: "release" });
    const requests = Array.from({ length: 16 }, (_, index) => ({
      ...REQUEST,
      headers: { ...REQUEST.headers, "Content-Type": `application/${index}` },
    }));
    const all = await Promise.all(requests.map((each) => httpbis.signMessage({ key, fields: FIELDS }, each)));
    for (const [index, signed] of all.entries()) {
      expect(signed.headers["Content-Type"]).toBe(`application/${index}`);
      expect(await toolkitAccepts(signed, "p-256", "ecdsa-p256-sha256")).toBe(true);
    }
  });

  it.each([
    ["p-521", undefined, /RFC 9421 has no algorithm for .*demo\/p-521 \(EC, P-521\)/],
    ["p-521", "ecdsa-p384-sha384", /has no algorithm/],
    ["p-256", "ecdsa-p384-sha384", /not for the key .*use ecdsa-p256-sha256\. Nothing was sent/],
    ["p-256", "rsa-pss-sha512", /not for the key .*use ecdsa-p256-sha256/],
    [
      "rsa-2048",
      "ecdsa-p256-sha256",
      /\(RSA, 2048 bits\); with this policy use rsa-v1_5-sha256, rsa-pss-sha512/,
    ],
    ["rsa-2048", "rsa-v1_5-sha1", /is not an algorithm of RFC 9421 that this package signs with/],
    ["rsa-2048", "toString", /is not an algorithm/],
    ["rsa-2048", Object.create(null), /what was given is not an algorithm/],
  ])("refuses for %s the algorithm %s before anything is sent", async (slug, alg, message) => {
    const policy = await signpath().policy(`demo/${slug}`);
    const failure = await refusalOf(emulator(), () => httpMessageSigner(policy, { alg: alg as never }));
    expect(failure.message).toMatch(message);
  });

  it("takes no keyid that a structured field cannot carry as a string", async () => {
    const policy = await signpath().policy("demo/p-256");
    for (const keyid of ["schlüssel", "a\nb", 5, null])
      expect(() => httpMessageSigner(policy, { keyid: keyid as never })).toThrow(TypeError);
    const key = httpMessageSigner(policy, { keyid: 'a "b" \\' });
    const { headers } = await httpbis.signMessage({ key, fields: ["@method"] }, REQUEST);
    expect(headers["Signature-Input"]).toContain('keyid="a \\"b\\" \\\\"');
  });

  it("fails with the coded error of a signature that failed, through the toolkit", async () => {
    const key = httpMessageSigner(await signpath().policy("demo/p-256"));
    emulator().addFault({ kind: "status", status: 403 });
    const failed = httpbis.signMessage({ key, fields: ["@method"] }, REQUEST);
    expect(await codedFailureOf(failed)).toMatchObject({ code: "FORBIDDEN" });
  });

  it("signs nothing once its signal is aborted", async () => {
    const abort = new AbortController();
    const key = httpMessageSigner(await signpath().policy("demo/p-256"), { signal: abort.signal });
    await key.sign(Buffer.from("before"));
    abort.abort();
    await refusalOf(emulator(), () => key.sign(Buffer.from("after")), "ABORTED");
  });
});
