import { createHash, createPublicKey, verify, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import forge from "node-forge";
import { describe, expect, it, onTestFinished } from "vitest";
import { SignPath } from "../../src/index.js";
import type * as Sync from "../../src/toolkit/sync/index.js";
import { createSelfSignedCertificate } from "../../src/toolkit/x509/index.js";
import type { EmulatorProcess } from "../support/emulator-process.js";
import { useEmulatorProcess } from "../support/emulator-process.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { openssl } from "../support/verifiers.js";

// A worker runs files as they were built.
const BUILT = new URL("../../dist/toolkit/sync/index.js", import.meta.url);
const { createSign, createSyncSigner, forgeKey } = (await import(BUILT.href)) as typeof Sync;

const emulator = useEmulatorProcess();
const folder = temporaryFolder();
const proves = toolkitTest({
  subpath: "/sync",
  toolkit: "node-forge",
  use: "`forgeKey(createSyncSigner({ policy }))`",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl cms`", "`openssl req`"],
});

function open(slug: string, options: Sync.SyncSignerOptions = {}): Sync.SyncSigner {
  const { apiUrl, organizationId, apiToken } = emulator();
  const signer = createSyncSigner({ policy: `demo/${slug}`, apiUrl, organizationId, apiToken, ...options });
  onTestFinished(() => signer.close());
  return signer;
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail("should have thrown");
}

const path = (name: string): string => join(folder, name);

/**
 * A certificate that is signed with RSA: node-forge encodes certificates anew, and spoils those that ECDSA has signed, as the
 * emulator's authorities do.
 */
async function certificateByRsa(slug: string): Promise<string> {
  const { apiUrl, organizationId, apiToken } = emulator();
  await using signpath = new SignPath({ apiUrl, organizationId, apiToken });
  const policy = await signpath.policy(`demo/${slug}`);
  const notAfter = new Date(Date.now() + 86_400_000);
  return (await createSelfSignedCertificate({ policy, notAfter })).toString("pem");
}

/** PKCS #7 by node-forge as its users make it. */
function pkcs7(
  signer: Sync.SyncSigner,
  certificate: string,
  content: string,
  digestAlgorithm: string | undefined,
): Buffer {
  const message = forge.pkcs7.createSignedData();
  message.content = forge.util.createBuffer(content, "utf8");
  message.addCertificate(certificate);
  message.addSigner({
    key: forgeKey(signer) as never,
    certificate,
    digestAlgorithm: digestAlgorithm as string,
    authenticatedAttributes: [
      { type: forge.pki.oids["contentType"] ?? "", value: forge.pki.oids["data"] ?? "" },
      { type: forge.pki.oids["messageDigest"] ?? "" },
      { type: forge.pki.oids["signingTime"] ?? "", value: new Date() as never },
    ],
  });
  message.sign();
  return Buffer.from(forge.asn1.toDer(message.toAsn1()).getBytes(), "latin1");
}

describe("PKCS #7 and requests by node-forge", () => {
  for (const hash of ["sha256", "sha384", "sha512"]) {
    proves(`PKCS #7 with ${hash} is good to openssl, and a changed one is not`, "RSA PKCS#1", async () => {
      const certificate = await certificateByRsa("rsa-2048");
      const signature = pkcs7(open("rsa-2048"), certificate, "what is signed", forge.pki.oids[hash]);
      writeFileSync(path("root.pem"), certificate);
      const check = (cms: Uint8Array) => {
        writeFileSync(path(`${hash}.p7m`), cms);
        const trust = ["-CAfile", path("root.pem"), "-no-CApath", "-no-CAstore", "-purpose", "any"];
        return openssl(["cms", "-verify", "-binary", "-inform", "DER", "-in", path(`${hash}.p7m`), ...trust]);
      };
      expect(await check(signature)).toMatchObject({ status: 0, stdout: "what is signed" });
      const changed = Buffer.from(signature);
      changed[changed.length - 9] = (changed.at(-9) ?? 0) ^ 4;
      expect((await check(changed)).status).not.toBe(0);
    });
  }

  proves("a certification request is good to openssl, and a changed one is not", "RSA PKCS#1", async () => {
    const signer = open("rsa-3072");
    const request = forge.pki.createCertificationRequest();
    request.publicKey = forge.pki.certificateFromPem(signer.certificatePem)
      .publicKey as forge.pki.rsa.PublicKey;
    request.setSubject([{ name: "commonName", value: "Release signing" }]);
    request.sign(forgeKey(signer) as never, forge.md.sha256.create());
    const der = Buffer.from(
      forge.asn1.toDer(forge.pki.certificationRequestToAsn1(request)).getBytes(),
      "latin1",
    );
    const check = async (bytes: Uint8Array): Promise<string> => {
      writeFileSync(path("request.der"), bytes);
      const { stderr } = await openssl([
        "req",
        "-verify",
        "-noout",
        "-inform",
        "DER",
        "-in",
        path("request.der"),
      ]);
      return stderr;
    };
    expect(await check(der)).toMatch(/verify OK/);
    der[der.length - 9] = (der.at(-9) ?? 0) ^ 4;
    expect(await check(der)).not.toMatch(/verify OK/);
  });

  it("what node-forge cannot sign with, and its default of SHA-1, are refused before anything is sent", async () => {
    const rsa = open("rsa-2048");
    await emulator().setFaults({ kind: "status", status: 500, count: 1, route: "signingRequests" });
    const refused = expect.objectContaining({ code: "ALGORITHM_NOT_SUPPORTED" });
    expect(thrownBy(() => forgeKey(open("p-256")))).toEqual(refused);
    expect(thrownBy(() => pkcs7(rsa, rsa.certificatePem, "what is signed", undefined))).toEqual(refused);
    expect(thrownBy(() => pkcs7(rsa, rsa.certificatePem, "what is signed", forge.pki.oids["sha1"]))).toEqual(
      refused,
    );
    expect(thrownBy(() => forgeKey(rsa).sign(forge.md.md5.create()))).toEqual(refused);
    const pss = forge.pss.create({
      saltLength: 32,
      md: forge.md.sha256.create(),
      mgf: forge.mgf.mgf1.create(forge.md.sha256.create()),
    });
    expect(thrownBy(() => forgeKey(rsa).sign(forge.md.sha256.create(), pss))).toEqual(refused);
    expect(await emulator().pendingFaults()).toBe(1);
    await emulator().setFaults();
  });
});

describe("a synchronous signer", () => {
  it.each([
    ["rsa-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
    ["rsa-4096", { name: "RSA-PSS", hash: "SHA-512" }],
    ["p-256", { name: "ECDSA", hash: "SHA-256" }],
    ["p-521", { name: "ECDSA", hash: "SHA-512" }],
  ] as const)("signs by demo/%s, as Node verifies it", (slug, algorithm) => {
    const signer = open(slug);
    const key = createPublicKey(signer.certificatePem);
    const data = Buffer.from("what is signed");
    const hash = algorithm.hash.replace("-", "").toLowerCase();
    const padding = algorithm.name === "RSA-PSS" ? { padding: 6, saltLength: -1 } : {};
    const fixed = signer.sign(algorithm, data);
    expect(verify(hash, data, { key, dsaEncoding: "ieee-p1363", ...padding }, fixed)).toBe(true);
    const made = createSign(signer, algorithm).update("what is ").update("signed").sign("ignored", "base64");
    expect(verify(hash, data, { key, ...padding }, Buffer.from(made, "base64"))).toBe(true);
    const p1363 = createSign(signer, algorithm, { dsaEncoding: "ieee-p1363" }).end(data).sign();
    expect(verify(hash, data, { key, dsaEncoding: "ieee-p1363", ...padding }, p1363)).toBe(true);
    const digest = createHash(hash).update(data).digest();
    expect(signer.signHash(digest, algorithm)).toHaveLength(fixed.length);
    expect(new X509Certificate(signer.certificateDer).subject).toContain(`CN=${slug}`);
    expect(signer.reference).toBe(`demo/${slug}`);
  });

  it("gives errors as they are, with the deadlines of its client", async () => {
    const signer = open("p-256", { totalTimeoutMs: 1500, requestTimeoutMs: 300, retryAmbiguous: false });
    const sign = () => signer.sign({ name: "ECDSA", hash: "SHA-256" }, Buffer.from("data"));
    await emulator().setFaults({ kind: "silence", route: "signingRequests" });
    const began = performance.now();
    expect(thrownBy(sign)).toMatchObject({ code: "TIMEOUT", stage: "sign", retryable: true, attempts: 1 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(290);
    await emulator().setFaults({ kind: "status", status: 403, route: "signingRequests" });
    const forbidden = thrownBy(sign) as Error;
    expect(forbidden).toMatchObject({ name: "SignPathError", code: "FORBIDDEN", status: 403, attempts: 1 });
    expect(forbidden.stack).not.toContain(emulator().apiToken);
    await emulator().setFaults({ kind: "other-key", route: "signingRequests" });
    expect(thrownBy(sign)).toMatchObject({ code: "SIGNATURE_INVALID" });
    await emulator().setFaults();
    expect(sign()).toHaveLength(64);
  });

  it("says at once what is wrong with its settings", () => {
    const failure = (options: object) => thrownBy(() => open("p-256", options));
    expect(failure({ apiToken: () => "token" })).toMatchObject({ code: "CONFIG_INVALID" });
    expect(failure({ metadata: { build: () => "1" } })).toMatchObject({ code: "CONFIG_INVALID" });
    expect(failure({ apiUrl: "no address" })).toMatchObject({ code: "CONFIG_INVALID" });
    expect(failure({ policy: "demo/unknown" })).toMatchObject({ code: "POLICY_NOT_FOUND" });
    expect(failure({ apiToken: "wrong-token" })).toMatchObject({
      code: "AUTHENTICATION_FAILED",
      status: 401,
    });
    expect(failure({ apiUrl: new URL("http://127.0.0.1:9"), totalTimeoutMs: 2000 })).toMatchObject({
      code: "CONNECTION_FAILED",
    });
  });

  it("refuses what its key cannot do, and hashes of another length, before anything is sent", async () => {
    const signer = open("p-256");
    await emulator().setFaults({ kind: "status", status: 500, count: 1, route: "signingRequests" });
    const data = Buffer.from("data");
    const failure = (algorithm: object) => thrownBy(() => signer.sign(algorithm as never, data));
    expect(failure({ name: "RSA-PSS", hash: "SHA-256" })).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED" });
    expect(failure({ name: "ECDSA", hash: "MD5" })).toMatchObject({ code: "ALGORITHM_NOT_SUPPORTED" });
    const short = thrownBy(() => signer.signHash(new Uint8Array(31), { name: "ECDSA", hash: "SHA-256" }));
    expect(short).toMatchObject({ code: "REQUEST_REJECTED", attempts: 0 });
    expect(await emulator().pendingFaults()).toBe(1);
    await emulator().setFaults();
  });

  it("signs bytes, and nothing that only looks like some", () => {
    const signer = open("p-256");
    const algorithm = { name: "ECDSA", hash: "SHA-256" } as const;
    const data = Buffer.from("a text");
    const signed = signer.sign(algorithm, new Uint8Array(new SharedArrayBuffer(8)));
    const key = { key: createPublicKey(signer.certificatePem), dsaEncoding: "ieee-p1363" as const };
    expect(verify("sha256", new Uint8Array(8), key, signed)).toBe(true);
    for (const none of ["a text", undefined, null, 8, [...data], { length: 1 }]) {
      expect(thrownBy(() => signer.sign(algorithm, none as never))).toBeInstanceOf(TypeError);
      expect(thrownBy(() => signer.signHash(none as never, algorithm))).toBeInstanceOf(TypeError);
    }
    expect(thrownBy(() => createSign(signer, algorithm).update(8 as never))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => createSign(signer, algorithm, { dsaEncoding: "DER" as never }))).toBeInstanceOf(
      TypeError,
    );
  });

  it("once closed says so, and is closed twice without harm", () => {
    const signer = open("p-384");
    signer.close();
    signer.close();
    expect(thrownBy(() => signer.sign({ name: "ECDSA", hash: "SHA-384" }, new Uint8Array()))).toMatchObject({
      code: "ABORTED",
    });
    // What is known of the policy can still be looked at.
    expect(signer.certificatePem).toMatch(/BEGIN CERTIFICATE/);
  });

  it.each([
    ["that forgets to close it", ""],
    ["that closes it", "signer.close();"],
    ["that throws", 'throw new Error("for another reason");'],
  ])("lets a process end %s, without the token in what it prints", async (_title, last) => {
    const script = `
      const { createSyncSigner } = await import(process.argv[1]);
      const signer = createSyncSigner({ policy: "demo/p-256" });
      console.log(signer.sign({ name: "ECDSA", hash: "SHA-256" }, Buffer.from("data")).length, signer);
      ${last}
    `;
    const child = await run(process.execPath, ["--input-type=module", "-e", script, fileURLToPath(BUILT)], {
      env: { PATH: process.env["PATH"], ...environmentOf(emulator()) },
      signal: AbortSignal.timeout(30_000),
    });
    expect(child.stdout).toMatch(/^64 /);
    expect(child.status).toBe(last.startsWith("throw") ? 1 : 0);
    expect(child.stdout + child.stderr).not.toContain(emulator().apiToken);
  });
});

function environmentOf({ apiUrl, organizationId, apiToken }: EmulatorProcess): NodeJS.ProcessEnv {
  return {
    SIGNPATH_API_URL: apiUrl,
    SIGNPATH_ORGANIZATION_ID: organizationId,
    SIGNPATH_API_TOKEN: apiToken,
  };
}
