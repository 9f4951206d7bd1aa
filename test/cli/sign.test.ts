import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith, openssl } from "../support/verifiers.js";
import { eventsOf, fill, namesIn, signpath } from "./support.js";

const emulator = useEmulator();
let certificates = "";

beforeAll(() => {
  certificates = join(temporaryFolder(), "ca.pem");
  writeFileSync(certificates, emulator().rootCertificate + emulator().intermediateCertificate);
});

const POLICIES = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521"];
const isRsa = (policy: string): boolean => policy.startsWith("rsa");

function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  return fill(temporaryFolder(), files);
}

async function verifyCms(cwd: string, signature: string, content?: string): Promise<Buffer> {
  const source = content === undefined ? [] : ["-content", content];
  const args = ["-verify", "-binary", "-inform", "DER", "-in", signature, ...source, "-CAfile", certificates];
  const result = await openssl(["cms", ...args], { cwd });
  expect(result.stderr).toContain("CMS Verification successful");
  expect(result.status).toBe(0);
  return result.output;
}

async function verifyRaw(
  cwd: string,
  policy: string,
  hash: string,
  more: readonly string[] = [],
): Promise<void> {
  writeFileSync(join(cwd, "key.pem"), await emulator().publicKeyOf(policy));
  const args = [`-${hash}`, ...more, "-verify", "key.pem", "-signature", "data.sig", "data"];
  const { status, stdout, stderr } = await openssl(["dgst", ...args], { cwd });
  expect([status, stdout + stderr]).toEqual([0, "Verified OK\n"]);
}

describeWith("openssl", "what sign writes is good for openssl", () => {
  describe.each(POLICIES)("%s", (policy) => {
    test.each(["sha256", "sha384", "sha512"])(
      "as detached CMS with %s and the issuer's certificate",
      async (hash) => {
        const cwd = folderWith({ data: randomBytes(70_000) });
        const args = [
          "sign",
          "data",
          "--policy",
          `demo/${policy}`,
          "--hash",
          hash,
          "--certificates",
          certificates,
        ];
        const { status } = await signpath(args, { emulator: emulator(), cwd });
        expect(status).toBe(0);
        expect(namesIn(cwd)).toEqual(["data", "data.p7s"]);
        await verifyCms(cwd, "data.p7s", "data");
      },
    );

    test("as a raw signature", async () => {
      const cwd = folderWith({ data: randomBytes(70_000) });
      const args = ["sign", "data", "--policy", `demo/${policy}`, "--format", "raw", "--hash", "sha512"];
      expect((await signpath(args, { emulator: emulator(), cwd })).status).toBe(0);
      expect(namesIn(cwd)).toEqual(["data", "data.sig"]);
      await verifyRaw(cwd, policy, "sha512");
    });

    if (!isRsa(policy)) return;
    test("with RSA-PSS", async () => {
      const cwd = folderWith({ data: "hello" });
      const pss = ["sign", "data", "--policy", `demo/${policy}`, "--padding", "pss"];
      const options = { emulator: emulator(), cwd };
      expect((await signpath([...pss, "--certificates", certificates], options)).status).toBe(0);
      await verifyCms(cwd, "data.p7s", "data");
      expect((await signpath([...pss, "--format", "raw"], options)).status).toBe(0);
      const salt = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];
      await verifyRaw(cwd, policy, "sha256", salt);
    });
  });

  test("attached, with the content inside", async () => {
    const content = randomBytes(3_000_000);
    const cwd = folderWith({ data: content });
    const args = ["sign", "data", "--policy", "demo/p-256", "--attached", "--certificates", certificates];
    expect((await signpath(args, { emulator: emulator(), cwd })).status).toBe(0);
    expect((await verifyCms(cwd, "data.p7s")).equals(content)).toBe(true);
  });

  test("of an empty file", async () => {
    const cwd = folderWith({ data: "" });
    const args = ["sign", "data", "--policy", "demo/rsa-2048"];
    const options = { emulator: emulator(), cwd };
    expect((await signpath([...args, "--certificates", certificates], options)).status).toBe(0);
    await verifyCms(cwd, "data.p7s", "data");
    expect((await signpath([...args, "--format", "raw"], options)).status).toBe(0);
    await verifyRaw(cwd, "rsa-2048", "sha256");
  });

  test("of stdin, to a file and to stdout", async () => {
    const cwd = folderWith({ data: "from a pipe" });
    const args = ["sign", "-", "--policy", "demo/p-384", "--certificates", certificates, "--out"];
    const options = { emulator: emulator(), cwd, input: "from a pipe" };
    expect((await signpath([...args, "piped.p7s"], options)).status).toBe(0);
    await verifyCms(cwd, "piped.p7s", "data");
    const { status, output, stderr } = await signpath([...args, "-"], options);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^signed stdin -> stdout /);
    writeFileSync(join(cwd, "stdout.p7s"), output);
    await verifyCms(cwd, "stdout.p7s", "data");
  });
});

test("without --certificates, CMS holds the policy's certificate alone", async () => {
  const cwd = folderWith({ data: "x" });
  await signpath(["sign", "data", "--policy", "demo/p-256"], { emulator: emulator(), cwd });
  const der = readFileSync(join(cwd, "data.p7s"));
  expect(der.includes(Buffer.from(await emulator().certificateOf("p-256")))).toBe(true);
  expect(der.includes("SignPath Emulator Root CA")).toBe(false);
});

test("a raw EC signature with --ecdsa-format ieee is r and s one after the other", async () => {
  const cwd = folderWith({ data: "x" });
  const args = ["sign", "data", "--policy", "demo/p-521", "--format", "raw", "--ecdsa-format", "ieee"];
  expect((await signpath(args, { emulator: emulator(), cwd })).status).toBe(0);
  expect(readFileSync(join(cwd, "data.sig"))).toHaveLength(132);
});

test("the policy is the configured one where none is named", async () => {
  const cwd = folderWith({ data: "x" });
  const env = { SIGNPATH_PROJECT_SLUG: "demo", SIGNPATH_SIGNING_POLICY_SLUG: "p-256" };
  const result = await signpath(["sign", "data", "--json"], { emulator: emulator(), cwd, env });
  expect(eventsOf(result)[0]).toMatchObject({ event: "signed", policy: "demo/p-256" });
});

test("settings can come from a file, with --config and with SIGNPATH_CONFIG_FILE", async () => {
  const { organizationId, apiToken, apiUrl } = emulator();
  const config = { OrganizationId: organizationId, ApiToken: apiToken, ApiUrl: apiUrl };
  const cwd = folderWith({ data: "x", "config.json": JSON.stringify(config) });
  const args = ["sign", "data", "--policy", "demo/p-256"];
  expect((await signpath([...args, "--config", "config.json"], { cwd })).status).toBe(0);
  expect((await signpath(args, { cwd, env: { SIGNPATH_CONFIG_FILE: "config.json" } })).status).toBe(0);
});

describe("many files", () => {
  test("are signed with one fetch of the policy and one request each, --jobs at a time", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `file-${index}`);
    const cwd = folderWith(Object.fromEntries(names.map((name) => [name, name])));
    emulator().addFault({ kind: "latency", ms: 100, route: "signingRequests", count: 12 });
    const [requests, connections] = [emulator().requests.length, emulator().connections];
    const args = [
      "sign",
      ...names,
      "--policy",
      "demo/p-256",
      "--jobs",
      "3",
      "--out",
      "signatures/",
      "--json",
    ];
    const result = await signpath(args, { emulator: emulator(), cwd });
    expect(result.status).toBe(0);
    expect(emulator().requests.length - requests).toBe(13);
    expect(emulator().connections - connections).toBe(3);
    expect(namesIn(join(cwd, "signatures"))).toEqual(names.map((name) => `${name}.p7s`).sort());
    const events = eventsOf(result);
    expect(events.at(-1)).toEqual({
      event: "summary",
      signed: 12,
      skipped: 0,
      failed: 0,
      notTried: 0,
      elapsedMs: expect.any(Number),
      retries: 0,
      exitCode: 0,
    });
    expect(events.slice(0, -1).map(({ file }) => file)).toEqual(expect.arrayContaining(names));
  });

  test("sign what they say: the hash of each file reached the service", async () => {
    const cwd = folderWith({ one: "first", two: "second" });
    const before = emulator().signingRequests.length;
    const args = ["sign", "one", "two", "--policy", "demo/rsa-2048", "--format", "raw"];
    await signpath(args, { emulator: emulator(), cwd });
    const hashes = emulator()
      .signingRequests.slice(before)
      .map(({ hash }) => hash);
    const expected = ["first", "second"].map((text) => createHash("sha256").update(text).digest("hex"));
    expect(hashes.sort()).toEqual(expected.sort());
  });
});

test("--json tells of each signature and nothing else is on stdout", async () => {
  const cwd = folderWith({ data: "x" });
  const result = await signpath(["sign", "data", "--policy", "demo/rsa-2048", "--json"], {
    emulator: emulator(),
    cwd,
  });
  expect(eventsOf(result)).toEqual([
    {
      event: "signed",
      file: "data",
      output: "data.p7s",
      format: "cms",
      policy: "demo/rsa-2048",
      algorithm: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      bytes: readFileSync(join(cwd, "data.p7s")).length,
      ms: expect.any(Number),
    },
    {
      event: "summary",
      ...{ signed: 1, skipped: 0, failed: 0, notTried: 0 },
      elapsedMs: expect.any(Number),
      retries: 0,
      exitCode: 0,
    },
  ]);
});

test("without --json stdout stays empty", async () => {
  const cwd = folderWith({ data: "x" });
  const result = await signpath(["sign", "data", "--policy", "demo/rsa-2048"], { emulator: emulator(), cwd });
  expect(result.stdout).toBe("");
  expect(result.stderr).toMatch(/^signed data -> data\.p7s \(RSASSA-PKCS1-v1_5, SHA-256, .*\)\n$/);
});

test("a file's name cannot give orders to the terminal", async () => {
  const cwd = folderWith({ "\u001b[2Jdata": "x" });
  const args = ["sign", "\u001b[2Jdata", "--policy", "demo/p-256"];
  const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
  expect(status).toBe(0);
  expect(stderr).toContain("\\u{1b}[2Jdata");
  expect(stderr).not.toContain("\u001b");
});

test("retries are told on stderr, with the wait and the reason, and as events", async () => {
  const cwd = folderWith({ data: "x" });
  emulator().addFault({ kind: "status", status: 503, route: "signingRequests", count: 2 });
  const env = { SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.05" };
  const args = ["sign", "data", "--policy", "demo/p-256", "--json", "--verbose"];
  const result = await signpath(args, { emulator: emulator(), cwd, env });
  expect(result.status).toBe(0);
  const told = result.stderr.match(
    /^retrying fast signing request in \d+ ms: SignPath answered with status 503.*$/gm,
  );
  expect(told).toHaveLength(2);
  expect(result.stderr).not.toContain("try again later");
  expect(result.stderr).toMatch(/^fast signing request: status 200 \(attempt 3, /m);
  const retries = eventsOf(result).filter(({ event }) => event === "retry");
  expect(retries).toMatchObject([
    { request: "fast signing request", attempt: 1, code: "SERVICE_UNAVAILABLE" },
    { request: "fast signing request", attempt: 2, code: "SERVICE_UNAVAILABLE" },
  ]);
});
