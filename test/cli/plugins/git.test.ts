import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { OpensslCms, sentTo } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { useGpgsm } from "../../support/gpgsm.js";
import { temporaryFolder } from "../../support/temporary.js";
import { provenBy, toolkitTest } from "../../support/toolkit-row.js";
import { describeWith, testWith } from "../../support/verifiers.js";
import { Repository } from "./git-support.js";

const emulator = useEmulator();
const gnupg = useGpgsm(() => emulator().rootCertificate);
const folder = temporaryFolder();
const roots = join(folder, "root.pem");
const issuers = join(folder, "issuers.pem");
const OTHER_ROOT = fileURLToPath(new URL("../../../fixtures/cms/root.pem", import.meta.url));
const openssl = new OpensslCms(emulator);
const proves = toolkitTest({
  subpath: "signpath-git",
  toolkit: "git",
  installedAs: null,
  use: "`git config gpg.x509.program signpath-git`",
  verifiers: ["git", "gpgsm", "openssl"],
  verifiedBy: ["`git verify-commit` and `git verify-tag` with gpgsm (but P-521)", "`openssl cms`"],
});

beforeAll(() => {
  writeFileSync(roots, emulator().rootCertificate);
  writeFileSync(issuers, emulator().intermediateCertificate);
});

/** The ways to verify, as settings of git and of its environment. */
const VERIFIERS: readonly (readonly [name: string, args: readonly string[], env: NodeJS.ProcessEnv])[] = [
  ["gpgsm", ["-c", "gpg.x509.program=gpgsm"], { GNUPGHOME: gnupg }],
  ["signpath-git", [], { SIGNPATH_GIT_ROOTS: roots, SIGNPATH_API_TOKEN: "" }],
  ["signpath-git with gpgsm", [], { SIGNPATH_GIT_VERIFIER: "gpgsm", GNUPGHOME: gnupg }],
];

const KEYS = [
  ["rsa-2048", "RSASSA-PKCS1-v1_5", {}],
  ["rsa-3072", "RSA-PSS", { SIGNPATH_GIT_PADDING: "pss", SIGNPATH_GIT_HASH: "sha384" }],
  ["p-256", "ECDSA", {}],
  ["p-384", "ECDSA", {}],
  ["p-521", "ECDSA", {}],
] as const;

describe.each(KEYS)("by demo/%s with %s", (slug, name, settings) => {
  proves("signs commits and tags that git verifies", provenBy(slug, name), async () => {
    const env = { SIGNPATH_CERTIFICATES: issuers, ...settings };
    const repository = await Repository.create(emulator(), `demo/${slug}`, env);
    const { status, stderr } = await repository.commit("file");
    expect([status, stderr]).toEqual([0, ""]);
    await repository.succeed(["tag", "-s", "-m", "A release", "v1"]);
    for (const [object, type] of [
      ["HEAD", "commit"],
      ["v1", "tag"],
    ] as const) {
      const { raw, content, signature } = await repository.read(object, type);
      expect((await openssl.verify(signature, Buffer.from(content))).toString()).toBe(content);
      const changed = await repository.write(type, raw.replace(/A release|Add file/, "$& and more"));
      expect(changed).toMatch(/^[0-9a-f]{40}$/);
      // gpgsm 2.2 ends with an internal error for each signature on P-521.
      const able = VERIFIERS.filter(([verifier]) => slug !== "p-521" || verifier === "signpath-git");
      for (const [verifier, args, more] of able) {
        const verify = [...args, `verify-${type}`, "--raw"];
        const good = await repository.git([...verify, object], { env: more });
        expect([verifier, good.status]).toEqual([verifier, 0]);
        expect(good.stderr).toMatch(/\n\[GNUPG:\] GOODSIG .*\n.*VALIDSIG .*\n\[GNUPG:\] TRUST_FULLY/);
        const bad = await repository.git([...verify, changed], { env: more });
        expect([verifier, bad.status]).toEqual([verifier, 1]);
        expect(bad.stderr).toContain("[GNUPG:] BADSIG ");
      }
    }
  });
});

const TRUSTED = { SIGNPATH_GIT_ROOTS: roots };
const WITHOUT_ACCOUNT = { SIGNPATH_API_TOKEN: "", SIGNPATH_API_URL: "", SIGNPATH_ORGANIZATION_ID: "" };

testWith("git", "a rebase signs many commits anew, and git log shows who signed each", async () => {
  const repository = await Repository.create(emulator(), "demo/p-256", { SIGNPATH_CERTIFICATES: issuers });
  await repository.commit("root");
  await repository.succeed(["switch", "--quiet", "-c", "topic"]);
  for (let number = 0; number < 5; number++) await repository.commit(`topic-${number}`);
  await repository.succeed(["switch", "--quiet", "main"]);
  await repository.commit("main");
  const before = sentTo(emulator());
  await repository.succeed(["rebase", "--quiet", "main", "topic"]);
  expect(sentTo(emulator()) - before).toBe(5);
  const env = { ...TRUSTED, ...WITHOUT_ACCOUNT };
  const log = await repository.succeed(["log", "--format=%G? %GS"], { env });
  expect(log.split("\n")).toEqual(Array(7).fill("G /CN=p-256/OU=demo/O=SignPath Emulator"));
  const shown = await repository.succeed(["log", "-1", "--show-signature"], { env });
  expect(shown).toContain("signpath-git: signer: verified\n");
});

testWith("git", "sixteen repositories sign at the same time", async () => {
  const repositories = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      Repository.create(emulator(), ["demo/p-256", "demo/rsa-2048"][index % 2] ?? "", {
        SIGNPATH_CERTIFICATES: issuers,
      }),
    ),
  );
  const results = await Promise.all(repositories.map((repository) => repository.commit("file")));
  expect(results.map(({ status, stderr }) => [status, stderr])).toEqual(Array(16).fill([0, ""]));
  const verified = await Promise.all(
    repositories.map((repository) => repository.git(["verify-commit", "HEAD"], { env: TRUSTED })),
  );
  expect(verified.map(({ status }) => status)).toEqual(Array(16).fill(0));
});

testWith(["git", "gpgsm"], "a timestamp of the signature does not disturb gpgsm, and is shown", async () => {
  const repository = await Repository.create(emulator(), "demo/rsa-2048", {
    SIGNPATH_CERTIFICATES: issuers,
    SIGNPATH_TIMESTAMP_URLS: emulator().timestampUrl,
  });
  expect((await repository.commit("file")).status).toBe(0);
  for (const [verifier, args, env] of VERIFIERS) {
    const { status, stderr } = await repository.git([...args, "verify-commit", "HEAD"], { env });
    expect([verifier, status]).toEqual([verifier, 0]);
    if (verifier === "signpath-git") expect(stderr).toMatch(/ timestamp {6}\d{4}-\d\d-\d\dT/);
  }
});

describeWith("git", "a commit that cannot be signed is not made", () => {
  it.each<[string, string | null, NodeJS.ProcessEnv, RegExp]>([
    ["no user.signingkey", null, {}, /git config user\.signingkey project\/policy/],
    ["a key that is no policy", "release", {}, /must have the form project\/policy/],
    ["an unknown policy", "demo/unknown", {}, /POLICY_NOT_FOUND/],
    ["a policy without a certificate", "demo/gpg", {}, /POLICY_UNUSABLE/],
    ["a key that looks like an option", "--verify", {}, /USAGE/],
    ["no token", "demo/p-256", { SIGNPATH_API_TOKEN: "" }, /CONFIG_INVALID/],
    ["a wrong token", "demo/p-256", { SIGNPATH_API_TOKEN: "wrong" }, /AUTHENTICATION_FAILED/],
    ["a hash that is none", "demo/p-256", { SIGNPATH_GIT_HASH: "sha1" }, /SIGNPATH_GIT_HASH must be one of/],
    [
      "a padding that is none",
      "demo/rsa-2048",
      { SIGNPATH_GIT_PADDING: "oaep" },
      /SIGNPATH_GIT_PADDING must be one of/,
    ],
    [
      "a padding for an EC key",
      "demo/p-256",
      { SIGNPATH_GIT_PADDING: "pss" },
      /padding is for RSA keys.*\n(?:.*\n)?.*ALGORITHM_NOT_SUPPORTED/,
    ],
    [
      "certificates that are not there",
      "demo/p-256",
      { SIGNPATH_CERTIFICATES: "/nowhere" },
      /SIGNPATH_CERTIFICATES \/nowhere cannot be used: it does not exist/,
    ],
    [
      "an authority for timestamps that is none",
      "demo/p-256",
      { SIGNPATH_TIMESTAMP_URLS: "ftp://example.com" },
      /CONFIG_INVALID/,
    ],
    [
      "a port where nobody is",
      "demo/p-256",
      { SIGNPATH_API_URL: "http://127.0.0.1:1/", SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS: "1" },
      /CONNECTION_FAILED/,
    ],
  ])("for %s", async (_title, key, env, message) => {
    const repository = await Repository.create(emulator(), key, env);
    const before = sentTo(emulator());
    const { status, stderr } = await repository.commit("file");
    expect([status, stderr]).toEqual([128, expect.stringMatching(/^error: gpg failed to sign the data/)]);
    expect((await repository.git(["rev-parse", "--verify", "--quiet", "HEAD"])).status).toBe(1);
    expect(await repository.succeed(["count-objects"])).toMatch(/^2 objects/); // the file and its tree
    const by = key ?? "A. Committer <committer@example.com>";
    const itself = await repository.program(["--status-fd=2", "-bsau", by], "tree");
    expect([itself.status === 0, itself.stdout]).toEqual([false, ""]);
    expect(itself.stderr).toMatch(/^signpath-git: /);
    expect(itself.stderr).toMatch(message);
    expect(sentTo(emulator())).toBe(before);
  });

  it("nor is a tag", async () => {
    const repository = await Repository.create(emulator(), "demo/unknown");
    await repository.succeed(["commit", "--quiet", "--no-gpg-sign", "--allow-empty", "-m", "Unsigned"]);
    expect((await repository.git(["tag", "-s", "-m", "x", "v1"])).status).toBe(128);
    expect(await repository.succeed(["tag"])).toBe("");
  });

  it("nor without the timestamp that was asked for", async () => {
    const repository = await Repository.create(emulator(), "demo/p-256", {
      SIGNPATH_TIMESTAMP_URLS: "http://127.0.0.1:1/",
      SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS: "2",
    });
    expect((await repository.commit("file")).status).toBe(128);
    const { status, stdout, stderr } = await repository.program(["-bsau", "demo/p-256"], "tree");
    expect([status, stdout, stderr]).toEqual([5, "", expect.stringContaining("TIMESTAMP_FAILED")]);
  });
});

describeWith("git", "a signature that is not good", () => {
  it.each<[string, NodeJS.ProcessEnv, string, RegExp]>([
    ["has no root that is trusted", {}, "E", /nothing is trusted, as SIGNPATH_GIT_ROOTS is not set/],
    ["has another root", { SIGNPATH_GIT_ROOTS: OTHER_ROOT }, "U", /CHAIN_INCOMPLETE/],
    ["has roots that are not there", { SIGNPATH_GIT_ROOTS: "/nowhere" }, "E", /SIGNPATH_GIT_ROOTS \/nowhere/],
    [
      "has an unknown verifier",
      { SIGNPATH_GIT_VERIFIER: "gpg" },
      "E",
      /SIGNPATH_GIT_VERIFIER must be one of/,
    ],
  ])("because it %s is told from others by git", async (_title, env, letter, message) => {
    const repository = await Repository.create(emulator(), "demo/p-256", { SIGNPATH_CERTIFICATES: issuers });
    await repository.commit("file");
    const { status, stderr } = await repository.git(["verify-commit", "HEAD"], { env });
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(await repository.succeed(["log", "--format=%G?"], { env })).toBe(letter);
  });

  it("because the certificate has expired is told from others by git", async () => {
    const DAY_MS = 86_400_000;
    const rotate = (from: number, to: number): Promise<unknown> =>
      emulator().rotateCertificate("p-384", {
        newKey: false,
        validFrom: new Date(Date.now() + from * DAY_MS),
        validTo: new Date(Date.now() + to * DAY_MS),
      });
    await rotate(-2, -1);
    onTestFinished(() => rotate(-1, 1).then(() => undefined));
    const repository = await Repository.create(emulator(), "demo/p-384", { SIGNPATH_CERTIFICATES: issuers });
    expect((await repository.commit("refused")).status).toBe(128);
    expect((await repository.commit("file", { SIGNPATH_CHECK_VALIDITY: "false" })).status).toBe(0);
    const { status, stderr } = await repository.git(["verify-commit", "HEAD"], { env: TRUSTED });
    expect([status, stderr]).toEqual([1, expect.stringContaining("CERTIFICATE_EXPIRED")]);
    expect(await repository.succeed(["log", "--format=%G?"], { env: TRUSTED })).toBe("Y");
  });

  it("because it was made for another commit, spoilt or replaced is refused", async () => {
    const repository = await Repository.create(emulator(), "demo/p-256", { SIGNPATH_CERTIFICATES: issuers });
    await repository.commit("one");
    const { raw } = await repository.read("HEAD", "commit");
    const [header = ""] = /^gpgsig .*(?:\n .*)*$/m.exec(raw) ?? [];
    const lines = header.split("\n");
    const replaced = (signature: readonly string[]): Promise<string> =>
      repository.write("commit", raw.replace(header, signature.join("\n")));
    const der = Buffer.from(lines.slice(1, -1).join(""), "base64");
    const armour = (bytes: Buffer): string[] => [
      lines[0] ?? "",
      ...(bytes.toString("base64").match(/.{1,64}/g) ?? []).map((line) => ` ${line}`),
      lines.at(-1) ?? "",
    ];
    const spoilt = Buffer.from(der);
    spoilt[spoilt.length - 5] = (spoilt.at(-5) ?? 0) ^ 1;
    for (const [signature, letter] of [
      [armour(der), "G"],
      [armour(spoilt), "B"],
      [armour(der.subarray(0, 300)), "E"],
      [[lines[0] ?? "", " *", lines.at(-1) ?? ""], "E"],
      [[lines[0] ?? "", " MAA=", lines.at(-1) ?? ""], "E"],
    ] as const) {
      const name = await replaced(signature);
      const { status } = await repository.git(["verify-commit", name], { env: TRUSTED });
      const shown = await repository.succeed(["log", "-1", "--format=%G?", name], { env: TRUSTED });
      expect([shown, status]).toEqual([letter, letter === "G" ? 0 : 1]);
    }
  });
});
