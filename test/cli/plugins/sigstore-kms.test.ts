import { createHash, createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sentTo } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { provenBy, toolkitTest } from "../../support/toolkit-row.js";
import { openssl } from "../../support/verifiers.js";

const PLUGIN = fileURLToPath(new URL("../../../dist/bin/sigstore-kms-signpath.js", import.meta.url));
const emulator = useEmulator();
const folder = temporaryFolder();
const proves = toolkitTest({
  subpath: "sigstore-kms-signpath",
  toolkit: "sigstore's plugin protocol 1 (cosign)",
  installedAs: null,
  use: "`cosign sign --key signpath://project/policy`",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl dgst`", "a driver of the published protocol"],
});

/** Numbers of hashes in Go's package crypto. */
const HASHES = { "SHA-1": 3, "SHA-256": 5, "SHA-384": 6, "SHA-512": 7 } as const;

/** Runs the plugin as sigstore does: version and arguments in its arguments, the message on stdin. */
async function call(
  slug: string,
  method: Readonly<Record<string, unknown>> & { methodName: string },
  message = "",
  init: object = {},
  version = "1",
) {
  const initOptions = { protocolVersion: "1", keyResourceID: `demo/${slug}`, hashFunc: 5, ...init };
  const text = JSON.stringify({ initOptions, ...method });
  const { status, stdout, stderr } = await run(process.execPath, [PLUGIN, version, text], {
    input: message,
    env: { PATH: process.env["PATH"], ...emulator().environment },
  });
  expect(stdout + stderr).not.toContain(emulator().apiToken);
  expect(stderr).toBe("");
  const response = JSON.parse(stdout);
  expect(status).toBe("errorMessage" in response ? 1 : 0);
  return response;
}

const sign = (messageOptions: object = {}, rpcOptions: object = {}) => ({
  methodName: "signMessage",
  signMessage: { signOptions: { rpcOptions, messageOptions } },
});

const MESSAGE = "a payload of cosign";

const CASES = [
  ["rsa-2048", "SHA-256", "RSASSA-PKCS1-v1_5", "rsa-2048"],
  ["rsa-4096", "SHA-512", "RSASSA-PKCS1-v1_5", "rsa-4096"],
  ["p-256", "SHA-256", "ECDSA", "ecdsa-p256"],
  ["p-384", "SHA-384", "ECDSA", "ecdsa-p384"],
  ["p-521", "SHA-512", "ECDSA", "ecdsa-p521"],
] as const;

describe.each(CASES)("with demo/%s and %s", (slug, hash, name, algorithm) => {
  proves(
    "signs as openssl verifies it with the key it gives, and verifies itself",
    provenBy(slug, name),
    async () => {
      const init = { keyResourceID: `signpath://demo/${slug}`, hashFunc: HASHES[hash] };
      const { publicKey } = await call(slug, { methodName: "publicKey", publicKey: {} }, "", init);
      const pem = Buffer.from(publicKey.publicKeyPEM, "base64").toString();
      expect(createPublicKey(pem).asymmetricKeyType).toBe(name === "ECDSA" ? "ec" : "rsa");
      const { signMessage } = await call(slug, sign(), MESSAGE, init);
      const paths = {
        key: join(folder, `${slug}.pem`),
        signature: join(folder, `${slug}.sig`),
        data: join(folder, slug),
      };
      writeFileSync(paths.key, pem);
      const check = async (signature: Buffer, message: string): Promise<string> => {
        writeFileSync(paths.signature, signature);
        writeFileSync(paths.data, message);
        const args = ["-verify", paths.key, "-signature", paths.signature, paths.data];
        return (await openssl(["dgst", `-${hash.replace("-", "").toLowerCase()}`, ...args])).stdout.trim();
      };
      const signature = Buffer.from(signMessage.signature, "base64");
      expect(await check(signature, MESSAGE)).toBe("Verified OK");
      expect(await check(signature, `${MESSAGE}!`)).not.toBe("Verified OK");
      // The same by the digest alone, as its crypto.Signer has it.
      const digest = createHash(hash).update(MESSAGE).digest("base64");
      const options = { digest, hashFunc: HASHES[hash] };
      const byDigest = await call(slug, sign(options), "", { hashFunc: 0 });
      expect(await check(Buffer.from(byDigest.signMessage.signature, "base64"), MESSAGE)).toBe("Verified OK");
      const verification = (message: string) =>
        call(
          slug,
          {
            methodName: "verifySignature",
            verifySignature: { signature: signMessage.signature, verifyOptions: {} },
          },
          message,
          init,
        );
      expect(await verification(MESSAGE)).toEqual({ verifySignature: {} });
      expect((await verification(`${MESSAGE}!`)).errorMessage).toMatch(/not good/);
    },
  );

  it("names its algorithm", async () => {
    expect(await call(slug, { methodName: "defaultAlgorithm" })).toEqual({
      defaultAlgorithm: { defaultAlgorithm: algorithm },
    });
    expect(await call(slug, { methodName: "supportedAlgorithms" })).toEqual({
      supportedAlgorithms: { supportedAlgorithms: [algorithm] },
    });
  });
});

describe("what cannot be done is said on stdout, and nothing is signed", () => {
  it.each([
    ["another version of the protocol", "p-256", sign(), {}, "2"],
    ["another method", "p-256", { methodName: "cryptoSigner" }, {}, "1"],
    ["a new key", "p-256", { methodName: "createKey", createKey: { algorithm: "ecdsa-p256" } }, {}, "1"],
    ["SHA-1", "p-256", sign({ hashFunc: HASHES["SHA-1"] }), {}, "1"],
    ["a digest of another length", "p-256", sign({ digest: "AAAA" }), {}, "1"],
    ["a digest that is no Base64", "p-256", sign({ digest: "*" }), {}, "1"],
    ["an unknown policy", "unknown", sign(), {}, "1"],
    ["no key", "p-256", sign(), { keyResourceID: "" }, "1"],
    ["a deadline that has passed", "p-256", sign({}, { ctxDeadline: "2020-01-01T00:00:00Z" }), {}, "1"],
  ])("%s", async (_title, slug, method, init, version) => {
    const before = sentTo(emulator());
    const response = await call(slug, method, MESSAGE, init, version);
    expect(response).toEqual({ errorMessage: expect.stringMatching(/\w{3}/) });
    expect(sentTo(emulator())).toBe(before);
  });

  it("a deadline that passes while the policy is waited for", async () => {
    emulator().addFault({ kind: "silence", route: "mySigningPolicies" });
    const ctxDeadline = new Date(Date.now() + 2000).toISOString();
    const began = performance.now();
    const response = await call("p-256", { methodName: "publicKey" }, "", { ctxDeadline });
    expect(response).toEqual({ errorMessage: expect.stringMatching(/abort|time/i) });
    // Without the deadline, a request is waited for 30 s.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it.each([[["1"]], [["1", "{"]], [["1", "[]"]], [[]]])("arguments %j", async (args) => {
    const { status, stdout } = await run(process.execPath, [PLUGIN, ...args], { env: {} });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ errorMessage: expect.stringMatching(/argument|missing|protocol/) });
  });
});
