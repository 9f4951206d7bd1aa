import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { useEmulator } from "./support/emulator.js";
import type { RunResult } from "./support/run.js";
import { run } from "./support/run.js";
import { temporaryFolder } from "./support/temporary.js";
import { toolkitTest } from "./support/toolkit-row.js";
import { openssl, testWith } from "./support/verifiers.js";

const EXAMPLES = resolve("examples");
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith(".mjs"));
const provesX509 = toolkitTest({
  subpath: "",
  toolkit: "@peculiar/x509",
  use: "`crypto` as the crypto argument",
  verifiers: ["openssl"],
  verifiedBy: ["`openssl verify`"],
});
const MESSAGE = "Hello, world!\n";

describe("the example", () => {
  const emulator = useEmulator();

  /** Runs an example in an empty folder; it must end well and quietly. */
  const example = async (name: string, args: string[] = [], env: Record<string, string> = {}) => {
    const cwd = temporaryFolder();
    const environment = { ...process.env, ...emulator().environment, ...env };
    const result: RunResult = await run(process.execPath, [join(EXAMPLES, name), ...args], {
      cwd,
      env: environment,
    });
    expect(result).toMatchObject({ status: 0, stderr: "" });
    return result;
  };
  const saved = async (text: string): Promise<string> => {
    const path = join(temporaryFolder(), "saved");
    await writeFile(path, text);
    return path;
  };
  /** What openssl says of a CMS signature over a file. */
  const verifyCms = async (signature: string, content: string, authorities: string, ...more: string[]) => {
    const trusted = await saved(authorities);
    const args = ["cms", "-verify", "-binary", "-in", signature, "-content", content, "-CAfile", trusted];
    const { stdout, stderr } = await openssl([...args, ...more]);
    return { stdout, stderr };
  };

  it("sign-bytes.mjs signs by the policy of its argument, of the variables, or by demo/rsa-2048", async () => {
    const variables = { SIGNPATH_PROJECT_SLUG: "demo", SIGNPATH_SIGNING_POLICY_SLUG: "p-521" };
    const { stdout } = await example("sign-bytes.mjs");
    expect(stdout).toMatch(/^RSASSA-PKCS1-v1_5 signature by demo\/rsa-2048: \S{344}\nverified: true\n$/);
    expect((await example("sign-bytes.mjs", [], variables)).stdout).toContain("by demo/p-521: ");
    const { stdout: byArgument } = await example("sign-bytes.mjs", ["demo/p-256"], variables);
    expect(byArgument).toMatch(/^ECDSA signature by demo\/p-256: \S{88}\nverified: true\n$/);
  });

  testWith("openssl", "sign-file-cms.mjs signs a file, with the issuers that it is given", async () => {
    const path = await saved(MESSAGE);
    const issuers = await saved(emulator().intermediateCertificate);
    const { stdout } = await example("sign-file-cms.mjs", [path, "demo/p-384", issuers]);
    expect(stdout).toContain(`-in ${path}.p7s -content ${path} `);
    const verified = await verifyCms(
      `${path}.p7s`,
      path,
      emulator().rootCertificate,
      "-inform",
      "DER",
      "-cades",
    );
    expect(verified).toEqual({
      stdout: MESSAGE,
      stderr: "CAdES Verification successful\n",
    });
    await example("sign-file-cms.mjs", [path]);
  });

  for (const [policy, algorithm] of [
    ["demo/rsa-2048", "RSA PKCS#1"],
    ["demo/p-256", "P-256"],
  ] as const) {
    testWith("openssl", `pkijs.mjs prints a CMS signature by ${policy}`, async () => {
      const signature = await saved((await example("pkijs.mjs", [policy])).stdout);
      // The API gives the policy's certificate only: what the example includes.
      const { rootCertificate, intermediateCertificate } = emulator();
      const authorities = rootCertificate + intermediateCertificate;
      expect(await verifyCms(signature, await saved(MESSAGE), authorities, "-inform", "PEM")).toEqual({
        stdout: MESSAGE,
        stderr: "CMS Verification successful\n",
      });
    });

    testWith("openssl", `csr.mjs prints a certification request for the key of ${policy}`, async () => {
      const request = await saved((await example("csr.mjs", [policy])).stdout);
      const { stderr, stdout } = await openssl(["req", "-in", request, "-verify", "-noout", "-pubkey"]);
      expect(stderr).toMatch(/verify OK/);
      expect(stdout).toBe(await emulator().publicKeyOf(policy.slice("demo/".length)));
    });

    provesX509(`x509.mjs prints a self-signed certificate by ${policy}`, algorithm, async () => {
      const { stdout } = await example("x509.mjs", [policy]);
      expect(new X509Certificate(stdout).subject).toContain("CN=Release signing");
      const path = await saved(stdout);
      const verified = await openssl(["verify", "-check_ss_sig", "-CAfile", path, path]);
      expect(verified).toMatchObject({ status: 0, stdout: `${path}: OK\n` });
    });
  }

  it("diagnostics.mjs prints each step of two requests, and nothing secret", async () => {
    const { stdout } = await example("diagnostics.mjs", ["demo/p-256"]);
    expect(stdout).toMatch(
      /attempt of the list of signing policies.*answer of the list.*attempt of the fast signing request.*answer of the fast signing request.*type: 'signature',\s+policy: 'demo\/p-256'/s,
    );
    expect(stdout).not.toContain(emulator().apiToken);
  });

  it("opentelemetry.mjs makes a span of each call, with an event for each attempt", async () => {
    emulator().addFault({ kind: "status", status: 503, retryAfter: "0", route: "signingRequests" });
    const { stdout } = await example("opentelemetry.mjs");
    expect(stdout.match(/name: 'signpath (.*)'/g)).toEqual([
      "name: 'signpath list of signing policies'",
      "name: 'signpath fast signing request'",
    ]);
    expect(stdout.match(/name: '(attempt|retry|answer)'/g)).toEqual(
      ["attempt", "answer", "attempt", "retry", "attempt", "answer"].map((name) => `name: '${name}'`),
    );
    expect(stdout).toContain("'signpath.attempts': 2");
    expect(stdout).not.toContain(emulator().apiToken);
  });

  it("opentelemetry.mjs makes one failed span of a call whose answer cannot be used", async () => {
    emulator().addFault({ kind: "malformed-json", route: "signingRequests" });
    const { stdout, status } = await run(process.execPath, [join(EXAMPLES, "opentelemetry.mjs")], {
      cwd: temporaryFolder(),
      env: { ...process.env, ...emulator().environment },
    });
    expect(status).toBe(1);
    expect(stdout.match(/name: 'signpath (.*)'/g)).toHaveLength(2);
    expect(stdout.match(/name: '(attempt|answer|failure)'/g)?.slice(-3)).toEqual(
      ["attempt", "answer", "failure"].map((name) => `name: '${name}'`),
    );
    expect(stdout).toContain("status: { code: 2, message: 'INVALID_RESPONSE' }");
  });

  it("authenticode.mjs, resedit.mjs, windows-sign.mjs and electron-builder.mjs sign a program", async () => {
    const program = resolve("node_modules/@electron/windows-sign/vendor/signtool.exe");
    const output = join(temporaryFolder(), "signed.exe");
    for (const name of ["authenticode.mjs", "resedit.mjs"])
      expect((await example(name, [program, output, "demo/p-256"])).stdout).toContain(`${output}: `);
    for (const name of ["windows-sign.mjs", "electron-builder.mjs"])
      expect((await example(name, [program])).stdout).toMatch(/\.exe: \d+ bytes of signature\n$/);
  });

  it("windows-sign.mjs is a module for the hookModulePath of @electron/windows-sign", async () => {
    const program = join(temporaryFolder(), "app.exe");
    await cp("node_modules/@electron/windows-sign/vendor/signtool.exe", program);
    const before = readFileSync(program);
    const options = { files: [program], hookModulePath: join(EXAMPLES, "windows-sign.mjs") };
    const script = `require("@electron/windows-sign").sign(${JSON.stringify(options)})`;
    const env = { ...process.env, ...emulator().environment };
    const { status } = await run(process.execPath, ["-e", script], { env });
    expect(status).toBe(0);
    expect(emulator().signingRequests.at(-1)?.signingPolicySlug).toBe("rsa-2048");
    expect(readFileSync(program).equals(before)).toBe(false);
  });

  it("emulator.mjs signs by every policy that can, and says why the others cannot", async () => {
    const state = temporaryFolder();
    await cp(inject("emulatorState"), state, { recursive: true });
    const { stdout } = await example("emulator.mjs", [state]);
    expect(stdout.match(/'\d+ bytes'/g)).toHaveLength(9);
    expect(stdout).toMatch(/demo\/approval.*POLICY_UNUSABLE/);
    expect(stdout).toMatch(/demo\/gpg.*POLICY_UNUSABLE/);
  });
});

describe("the list of examples", () => {
  const readme = readFileSync(join(EXAMPLES, "README.md"), "utf8");

  it.each(names)("has a line for %s", (name) => {
    expect(readme.match(new RegExp(`^\\| \\[${name}\\]\\(${name}\\) \\|`, "gm"))).toHaveLength(1);
  });

  it("has no line for one that is not there", () => {
    const listed = [...readme.matchAll(/^\| \[(.*?)\]/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(names.toSorted());
  });

  it.each(names)("%s imports this package by its name, and nothing by a path", (name) => {
    const source = readFileSync(join(EXAMPLES, name), "utf8");
    expect(source).toMatch(/^import .* from "signpath-webcrypto["/]/m);
    expect(source).not.toMatch(/from "\.|import\(/);
  });
});
