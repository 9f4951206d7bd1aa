import { constants, verify, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { sentTo } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { provenBy, toolkitTest } from "../../support/toolkit-row.js";
import { openssl } from "../../support/verifiers.js";

const PLUGIN = fileURLToPath(new URL("../../../dist/bin/signpath-notation.js", import.meta.url));
const emulator = useEmulator();
const folder = temporaryFolder();
const certificates = join(folder, "issuers.pem");
const proves = toolkitTest({
  subpath: "signpath-notation",
  toolkit: "notation's plugin contract 1.0",
  installedAs: null,
  use: "`notation key add --plugin signpath --id project/policy`",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "a driver of the published protocol"],
});

beforeAll(() => writeFileSync(certificates, emulator().intermediateCertificate + emulator().rootCertificate));

/** Runs the plugin as notation does: the command as its argument, the request on stdin. */
async function call(command: string, request: unknown, env: NodeJS.ProcessEnv = {}) {
  const input = typeof request === "string" ? request : JSON.stringify(request);
  const { status, stdout, stderr } = await run(process.execPath, [PLUGIN, command], {
    input,
    env: { PATH: process.env["PATH"], ...emulator().environment, ...env },
  });
  expect(stdout + stderr).not.toContain(emulator().apiToken);
  return { status, stdout, stderr };
}

async function respond(command: string, request: unknown, env?: NodeJS.ProcessEnv) {
  const { status, stdout, stderr } = await call(command, request, env);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

async function fail(command: string, request: unknown, env?: NodeJS.ProcessEnv) {
  const before = sentTo(emulator());
  const { status, stdout, stderr } = await call(command, request, env);
  expect([status, stdout]).toEqual([1, ""]);
  expect(sentTo(emulator())).toBe(before);
  return JSON.parse(stderr);
}

const KEYS = [
  ["rsa-2048", "RSA-2048", "SHA-256", "RSASSA-PSS-SHA-256", "RSA-PSS"],
  ["rsa-3072", "RSA-3072", "SHA-384", "RSASSA-PSS-SHA-384", "RSA-PSS"],
  ["rsa-4096", "RSA-4096", "SHA-512", "RSASSA-PSS-SHA-512", "RSA-PSS"],
  ["p-256", "EC-256", "SHA-256", "ECDSA-SHA-256", "ECDSA"],
  ["p-384", "EC-384", "SHA-384", "ECDSA-SHA-384", "ECDSA"],
  ["p-521", "EC-521", "SHA-512", "ECDSA-SHA-512", "ECDSA"],
] as const;

const request = (keyId: string, more: object = {}) => ({ contractVersion: "1.0", keyId, ...more });
const payload = Buffer.from("eyJhbGciOiJQUzI1NiJ9.eyJ0YXJnZXRBcnRpZmFjdCI6e319");

it("says what it can without asking anybody", async () => {
  const metadata = await respond("get-plugin-metadata", "{}", {
    SIGNPATH_API_TOKEN: "",
    SIGNPATH_API_URL: "",
  });
  expect(metadata).toEqual({
    name: "signpath",
    description: expect.any(String),
    version: JSON.parse(readFileSync("package.json", "utf8")).version,
    url: expect.stringMatching(/^https:/),
    supportedContractVersions: ["1.0"],
    capabilities: ["SIGNATURE_GENERATOR.RAW"],
  });
});

describe.each(KEYS)("with demo/%s", (slug, keySpec, hashAlgorithm, signingAlgorithm, name) => {
  proves("signs as notation's workflow asks, as openssl verifies it", provenBy(slug, name), async () => {
    const keyId = `demo/${slug}`;
    expect(await respond("describe-key", request(keyId))).toEqual({ keyId, keySpec });
    const pluginConfig = { certificates };
    const response = await respond(
      "generate-signature",
      request(keyId, {
        keySpec,
        hashAlgorithm,
        pluginConfig,
        payload: payload.toString("base64"),
        unknown: 1,
      }),
    );
    expect(response).toMatchObject({ keyId, signingAlgorithm });
    const chain = response.certificateChain.map(
      (each: string) => new X509Certificate(Buffer.from(each, "base64")),
    );
    expect(chain).toHaveLength(3);
    expect(chain[0].verify(chain[1].publicKey) && chain[1].verify(chain[2].publicKey)).toBe(true);
    const key = chain[0].publicKey;
    const signature = Buffer.from(response.signature, "base64");
    const hash = hashAlgorithm.replace("-", "").toLowerCase();
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    const options = name === "ECDSA" ? { key, dsaEncoding: "ieee-p1363" as const } : { key, ...pss };
    expect(verify(hash, payload, options, signature)).toBe(true);
    if (name === "ECDSA") return; // openssl reads DER, and JOSE has r‖s
    const paths = {
      key: join(folder, `${slug}.pem`),
      signature: join(folder, `${slug}.sig`),
      data: join(folder, slug),
    };
    writeFileSync(paths.key, key.export({ type: "spki", format: "pem" }));
    writeFileSync(paths.data, payload);
    const check = async (bytes: Buffer): Promise<string> => {
      writeFileSync(paths.signature, bytes);
      const sigopts = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
      const args = [`-${hash}`, "-verify", paths.key, "-signature", paths.signature, ...sigopts, paths.data];
      return (await openssl(["dgst", ...args])).stdout.trim();
    };
    expect(await check(signature)).toBe("Verified OK");
    signature[7] = (signature[7] ?? 0) ^ 1;
    expect(await check(signature)).not.toBe("Verified OK");
  });
});

describe("what cannot be done is said with the code of the contract, and nothing is signed", () => {
  const sign = (more: object = {}) =>
    request("demo/p-256", {
      keySpec: "EC-256",
      hashAlgorithm: "SHA-256",
      payload: payload.toString("base64"),
      pluginConfig: { certificates },
      ...more,
    });

  it.each([
    [
      "another contract",
      "generate-signature",
      sign({ contractVersion: "2.0" }),
      "UNSUPPORTED_CONTRACT_VERSION",
    ],
    ["no contract", "describe-key", { keyId: "demo/p-256" }, "VALIDATION_ERROR"],
    ["no key", "describe-key", request(""), "VALIDATION_ERROR"],
    ["an unknown policy", "describe-key", request("demo/unknown"), "VALIDATION_ERROR"],
    ["a policy without a certificate", "describe-key", request("demo/gpg"), "VALIDATION_ERROR"],
    ["another kind of key", "generate-signature", sign({ keySpec: "RSA-2048" }), "VALIDATION_ERROR"],
    ["another hash", "generate-signature", sign({ hashAlgorithm: "SHA-512" }), "VALIDATION_ERROR"],
    ["no payload", "generate-signature", sign({ payload: "" }), "VALIDATION_ERROR"],
    ["a payload that is no Base64", "generate-signature", sign({ payload: "*" }), "VALIDATION_ERROR"],
    ["no issuers", "generate-signature", sign({ pluginConfig: {} }), "VALIDATION_ERROR"],
    [
      "issuers that are not there",
      "generate-signature",
      sign({ pluginConfig: { certificates: "/nowhere" } }),
      "VALIDATION_ERROR",
    ],
    ["a request that is no JSON", "describe-key", "{", "VALIDATION_ERROR"],
    ["a request that is no object", "describe-key", "[]", "VALIDATION_ERROR"],
    ["an unknown command", "verify-signature", "{}", "VALIDATION_ERROR"],
  ])("%s", async (_title, command, asked, errorCode) => {
    expect(await fail(command, asked)).toMatchObject({
      errorCode,
      errorMessage: expect.stringMatching(/\w{3}/),
    });
  });

  it("a token that is wrong", async () => {
    const error = await fail("describe-key", request("demo/p-256"), { SIGNPATH_API_TOKEN: "wrong" });
    expect(error).toMatchObject({
      errorCode: "ACCESS_DENIED",
      errorMetadata: { code: "AUTHENTICATION_FAILED" },
    });
  });

  it("issuers can be named by a variable as well", async () => {
    const response = await respond("generate-signature", sign({ pluginConfig: null }), {
      SIGNPATH_CERTIFICATES: certificates,
    });
    expect(response.certificateChain).toHaveLength(3);
  });
});
