import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { eventsOf, failureCodes, signpath, start } from "./support.js";

const emulator = useEmulator();

afterEach(() => emulator().clearFaults());

describe("policies", () => {
  test("is a table, with what each policy cannot be used for", async () => {
    const { status, stdout, stderr } = await signpath(["policies"], { emulator: emulator() });
    expect([status, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^POLICY +KEY +VALID UNTIL +SUBJECT$/);
    expect(lines).toHaveLength(9);
    expect(stdout).toMatch(
      /^demo\/rsa-2048 +RSA 2048 +\d{4}-\d\d-\d\d +CN=rsa-2048, OU=demo, O=SignPath Emulator$/m,
    );
    expect(stdout).toMatch(/^demo\/p-521 +EC P-521 +/m);
    expect(stdout).toMatch(/^demo\/gpg +- +- +cannot be used: it has no X\.509 certificate/m);
    expect(stdout).not.toContain("forbidden");
  });

  test("is one line of JSON each, and a summary", async () => {
    const result = await signpath(["policies", "--json"], { emulator: emulator() });
    const events = eventsOf(result);
    const certificate = new X509Certificate(await emulator().certificateOf("p-256"));
    expect(events.find(({ reference }) => reference === "demo/p-256")).toMatchObject({
      event: "policy",
      keyType: "EC",
      namedCurve: "P-256",
      certificate: {
        fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
        serialNumber: certificate.serialNumber.toLowerCase(),
        validTo: new Date(certificate.validTo).toISOString(),
      },
    });
    expect(events.find(({ reference }) => reference === "demo/gpg")?.["defect"]).toContain(
      "no X.509 certificate",
    );
    expect(events.at(-1)).toEqual({ event: "summary", policies: 8, exitCode: 0 });
  });

  test("is of one project or one policy, where that is named", async () => {
    const referencesOf = async (name: string): Promise<unknown[]> => {
      const result = await signpath(["policies", name, "--json"], { emulator: emulator() });
      return eventsOf(result)
        .filter(({ event }) => event === "policy")
        .map(({ reference }) => reference);
    };
    expect(await referencesOf("demo")).toHaveLength(8);
    expect(await referencesOf("demo/p-256")).toEqual(["demo/p-256"]);
    for (const [name, code] of [
      ["elsewhere", "POLICY_NOT_FOUND"],
      ["demo/p-257", "POLICY_NOT_FOUND"],
      ["demo/", "USAGE"],
      ["a/b/c", "USAGE"],
    ] as const) {
      const result = await signpath(["policies", name, "--json"], { emulator: emulator() });
      expect([result.status, failureCodes(result)]).toEqual([1, [code]]);
    }
  });

  test("marks what is not valid, or not for long", async () => {
    const day = (days: number): Date => new Date(Date.now() + days * 86_400_000);
    const slugs = { "rsa-2048": [-9, -2], "p-384": [2, 90], "p-521": [-9, 20] } as const;
    for (const [slug, [from, to]] of Object.entries(slugs))
      await emulator().rotateCertificate(slug, { newKey: false, validFrom: day(from), validTo: day(to) });
    const { stdout } = await signpath(["policies"], { emulator: emulator() });
    expect(stdout).toMatch(/^demo\/rsa-2048 .*\d \(expired\) /m);
    expect(stdout).toMatch(/^demo\/p-384 .*\d \(not yet valid\) /m);
    expect(stdout).toMatch(/^demo\/p-521 .*\d \(soon\) /m);
    const events = eventsOf(await signpath(["policies", "demo", "--json"], { emulator: emulator() }));
    const statusOf = (slug: string): unknown =>
      events.find(({ reference }) => reference === `demo/${slug}`)?.["status"];
    expect(["rsa-2048", "p-384", "p-521", "p-256", "gpg"].map(statusOf)).toEqual([
      ...["CERTIFICATE_EXPIRED", "CERTIFICATE_NOT_YET_VALID", "CERTIFICATE_EXPIRES_SOON", "VALID"],
      undefined,
    ]);
    const { status, stderr } = await signpath(["certificate", "demo/rsa-2048"], { emulator: emulator() });
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^the certificate of demo\/rsa-2048 expired on /),
    ]);
  });

  test("lists what has a certificate that cannot be read", async () => {
    emulator().addFault({ kind: "garbage-certificate", route: "mySigningPolicies" });
    const { status, stdout } = await signpath(["policies"], { emulator: emulator() });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^demo\/rsa-2048 +- +- +cannot be used: /m);
  });

  test("carries on when its reader leaves", async () => {
    const running = start(["policies", "--json"], { emulator: emulator() });
    running.child.stdout?.destroy();
    const { status, stderr } = await running.ended;
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("fails with an event and a summary", async () => {
    const env = { SIGNPATH_API_TOKEN: "wrong-token" };
    const result = await signpath(["policies", "--json"], { emulator: emulator(), env });
    expect([result.status, failureCodes(result)]).toEqual([2, ["AUTHENTICATION_FAILED"]]);
    expect(eventsOf(result).at(-1)).toEqual({ event: "summary", exitCode: 2 });
  });
});

describe("certificate", () => {
  const pemOf = async (slug: string): Promise<string> =>
    new X509Certificate(await emulator().certificateOf(slug)).toString();

  test("is PEM on stdout", async () => {
    const { status, stdout, stderr } = await signpath(["certificate", "demo/p-256"], {
      emulator: emulator(),
    });
    expect([status, stdout, stderr]).toEqual([0, await pemOf("p-256"), ""]);
  });

  test("is that of the configured policy where none is named", async () => {
    const env = { SIGNPATH_PROJECT_SLUG: "demo", SIGNPATH_SIGNING_POLICY_SLUG: "rsa-3072" };
    const { stdout } = await signpath(["certificate"], { emulator: emulator(), env });
    expect(stdout).toBe(await pemOf("rsa-3072"));
  });

  test("is DER, to stdout or to a file", async () => {
    const cwd = temporaryFolder();
    const args = ["certificate", "demo/p-256", "--format", "der"];
    const der = Buffer.from(await emulator().certificateOf("p-256"));
    expect((await signpath(args, { emulator: emulator() })).output).toEqual(der);
    const { status, stdout } = await signpath([...args, "--out", "c.cer"], { emulator: emulator(), cwd });
    expect([status, stdout]).toEqual([0, ""]);
    expect(readFileSync(join(cwd, "c.cer"))).toEqual(der);
  });

  test("is followed by those of its issuers that are among the files given", async () => {
    const cwd = temporaryFolder();
    const { rootCertificate, intermediateCertificate } = emulator();
    writeFileSync(join(cwd, "root.pem"), rootCertificate);
    writeFileSync(join(cwd, "more.pem"), intermediateCertificate);
    const chain = ["--chain", "root.pem", "--chain", "more.pem"];
    const { stdout } = await signpath(["certificate", "demo/p-256", ...chain], { emulator: emulator(), cwd });
    expect(stdout).toBe((await pemOf("p-256")) + intermediateCertificate + rootCertificate);
    const alone = ["certificate", "demo/p-256", "--chain", "root.pem"];
    const { stdout: leaf, stderr } = await signpath(alone, { emulator: emulator(), cwd });
    expect(leaf).toBe(await pemOf("p-256"));
    expect(stderr).toContain("none of the certificates given is the issuer");
    const cut = ["certificate", "demo/p-256", "--chain", "more.pem", "--format", "text"];
    const text = await signpath(cut, { emulator: emulator(), cwd });
    expect(text.stderr).toMatch(/^the chain ends below CN=SignPath Emulator Root CA.*not among/);
    expect(text.stdout).toMatch(
      /^Subject +CN=p-256, .*\nIssuer .*\nSerial number .*\nValid from .*\nValid until .*\n/,
    );
    expect(text.stdout).toMatch(
      /^Key +EC P-256\nSHA-256 +[0-9a-f]{64}\n\nSubject +CN=SignPath Emulator Signing CA/m,
    );
    const [event] = eventsOf(await signpath([...cut.slice(0, 4), "--json"], { emulator: emulator(), cwd }));
    expect(event?.["issuers"]).toEqual([
      expect.objectContaining({ subject: "CN=SignPath Emulator Signing CA, O=SignPath Emulator" }),
    ]);
  });

  test.each([
    [["demo/nothing"], 1, "POLICY_NOT_FOUND"],
    [["demo/gpg"], 1, "POLICY_UNUSABLE"],
    [["nonsense"], 1, "CONFIG_INVALID"],
    [["demo/p-256", "--chain", "gone.pem"], 1, "USAGE"],
    [["demo/p-256", "--format", "der", "--chain", "gone.pem"], 1, "USAGE"],
    [["demo/p-256", "--out", "nowhere/c.pem"], 3, "OUTPUT_UNWRITABLE"],
  ])("%j exits with %i", async (args, status, code) => {
    const result = await signpath(["certificate", ...args, "--json"], {
      emulator: emulator(),
      cwd: temporaryFolder(),
    });
    expect([result.status, failureCodes(result)]).toEqual([status, [code]]);
  });
});
