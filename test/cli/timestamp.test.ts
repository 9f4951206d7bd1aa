import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { startOpensslTsa } from "../support/openssl-tsa.js";
import { startStub } from "../support/stub.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith, openssl } from "../support/verifiers.js";
import type { CliOptions } from "./support.js";
import { eventsOf, fill, namesIn, signpath } from "./support.js";

const emulator = useEmulator();
const POLICY = ["--policy", "demo/p-256"];

afterEach(() => emulator().clearFaults());

function folder(...files: readonly string[]): string {
  return fill(temporaryFolder(), {
    ...Object.fromEntries(
      (files.length === 0 ? ["data"] : files).map((name) => [name, `content of ${name}`]),
    ),
    "ca.pem": emulator().rootCertificate,
    "issuers.pem": emulator().intermediateCertificate,
  });
}

function sign(args: readonly string[], options: CliOptions = {}): ReturnType<typeof signpath> {
  return signpath(["sign", ...args, ...POLICY], { emulator: emulator(), ...options });
}

/** Signing requests that the emulator has had. */
function signatures(): number {
  return emulator().signingRequests.length;
}

describeWith("openssl", "sign --timestamp", () => {
  test("writes a signature that openssl verifies, with a stamp by openssl ts", async () => {
    const cwd = folder();
    const tsa = await startOpensslTsa();
    fill(cwd, { "tsa.pem": tsa.rootCertificate });
    const args = [
      "data",
      "--certificates",
      "issuers.pem",
      "--timestamp",
      tsa.url,
      "--timestamp-roots",
      "tsa.pem",
    ];
    const { status, stderr } = await sign(args, { cwd });
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^signed data -> data\.p7s /)]);
    const verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "data.p7s", "-content", "data"];
    const result = await openssl([...verify, "-CAfile", "ca.pem", "-purpose", "any"], { cwd });
    expect(result.stdout).toBe("content of data");
    const printed = await openssl(["cms", "-cmsout", "-print", "-inform", "DER", "-in", "data.p7s"], { cwd });
    expect(printed.stdout).toContain("id-smime-aa-timeStampToken");
    expect(tsa.requests).toHaveLength(1);
  });

  test("asks the next authority where one fails, and makes no signature for it", async () => {
    const cwd = folder();
    const refusing = await startStub(() => ({ status: 403 }));
    const before = signatures();
    const args = ["data", "--timestamp", refusing.origin, "--timestamp", emulator().timestampUrl];
    expect((await sign(args, { cwd })).status).toBe(0);
    expect(refusing.requests).toHaveLength(1);
    expect(signatures()).toBe(before + 1);
  });

  test("takes the addresses of the variable, with their passwords, which nobody is told", async () => {
    const cwd = folder();
    const guarded = await startStub(({ headers }) => ({ status: 401, body: `not ${headers.authorization}` }));
    const url = guarded.origin.replace("//", "//builder:canary-password@");
    const env = { SIGNPATH_TIMESTAMP_URLS: ` ${url}\n${emulator().timestampUrl} ` };
    expect((await sign(["data"], { cwd, env })).status).toBe(0);
    const basic = Buffer.from("builder:canary-password").toString("base64");
    expect(guarded.requests[0]?.headers.authorization).toBe(`Basic ${basic}`);
    for (const more of [[], ["--json"], ["--verbose"]]) {
      const debug = { SIGNPATH_TIMESTAMP_URLS: url, SIGNPATH_DEBUG: "1", NODE_DEBUG: "signpath" };
      const { status, stdout, stderr } = await sign(["data", ...more], { cwd, env: debug });
      expect(status).toBe(5);
      for (const secret of ["canary", basic]) expect(stdout + stderr).not.toContain(secret);
    }
    const raw = await sign(["data", "--format", "raw"], { cwd, env });
    expect(raw.status).toBe(0);
  });
});

describe("a timestamp that is not to be had", () => {
  const BAD = { kind: "wrong-timestamp", mistake: "nonce", count: Number.POSITIVE_INFINITY } as const;

  test("ends with exit code 5 and writes nothing, after one signature", async () => {
    const cwd = folder("data", "more", "most");
    const before = [signatures(), namesIn(cwd)];
    emulator().addFault(BAD);
    const args = ["data", "more", "most", "--jobs", "1", "--timestamp", emulator().timestampUrl];
    const { status, stdout, stderr } = await sign(args, { cwd });
    expect([status, stdout]).toEqual([5, ""]);
    // Files are read side by side, so that either of the first two may come first.
    expect(stderr).toMatch(
      /^error: (data|more) has no timestamp: The timestamp authority's answer cannot be used: /,
    );
    expect(stderr).toContain("TIMESTAMP_FAILED");
    expect(stderr).toContain("1 failed, 2 not tried");
    expect([signatures() - 1, namesIn(cwd)]).toEqual(before);
  });

  test("leaves the signature with --keep-unstamped, and ends with exit code 5 as well", async () => {
    const cwd = folder("data", "more");
    const before = signatures();
    emulator().addFault(BAD);
    const args = ["data", "more", "--keep-unstamped", "--json", "--timestamp", emulator().timestampUrl];
    const result = await sign([...args, "--certificates", "issuers.pem"], { cwd });
    expect(result.status).toBe(5);
    const events = eventsOf(result);
    expect(events.map(({ event }) => event).sort()).toEqual(
      ["failed", "failed", "summary", "unstamped", "unstamped"].sort(),
    );
    const failed = events.find(({ event }) => event === "failed");
    expect(failed).toMatchObject({
      error: { code: "TIMESTAMP_FAILED", failures: [{ code: "INVALID_RESPONSE", stage: "timestamp" }] },
    });
    expect(events.at(-1)).toMatchObject({ signed: 0, failed: 2, exitCode: 5 });
    expect(signatures()).toBe(before + 2);
    for (const name of ["data", "more"]) {
      const verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", `${name}.p7s`, "-content", name];
      const { stdout } = await openssl([...verify, "-CAfile", "ca.pem", "-purpose", "any"], { cwd });
      expect(stdout).toBe(`content of ${name}`);
    }
  });

  test("leaves it on stdout, too", async () => {
    const cwd = folder();
    emulator().addFault(BAD);
    const args = ["data", "--out", "-", "--keep-unstamped", "--timestamp", emulator().timestampUrl];
    const { status, output, stderr } = await sign(args, { cwd });
    expect([status, output[0]]).toEqual([5, 0x30]);
    expect(stderr).toMatch(/^signed data -> stdout, without a timestamp\nerror: data has no timestamp: /);
  });

  test("asks authorities in their order, or begins with another one for each file", async () => {
    const [one, other] = [await startOpensslTsa(), await startOpensslTsa()];
    const files = ["data", "more", "most", "last"];
    const args = [...files, "--jobs", "1", "--timestamp", one.url, "--timestamp", other.url];
    const asked = (): number[] => [one.requests.length, other.requests.length];
    expect((await sign(args, { cwd: folder(...files) })).status).toBe(0);
    expect(asked()).toEqual([4, 0]);
    expect((await sign([...args, "--timestamp-order", "spread"], { cwd: folder(...files) })).status).toBe(0);
    expect(asked()).toEqual([6, 2]);
  });

  test("leaves an older signature where it is", async () => {
    const cwd = folder();
    fill(cwd, { "data.p7s": "older" });
    emulator().addFault(BAD);
    expect((await sign(["data", "--timestamp", emulator().timestampUrl], { cwd })).status).toBe(5);
    expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
  });
});

describe("what cannot be meant costs no signature:", () => {
  test.each([
    [["--timestamp", "http://builder:canary@tsa.example/"], "SIGNPATH_TIMESTAMP_URLS"],
    [["--timestamp", "https://canary@tsa.example/"], "SIGNPATH_TIMESTAMP_URLS"],
    [["--timestamp", "tsa.example"], "must be an http"],
    [["--timestamp", "http://tsa.example", "--format", "raw"], "--timestamp is for --format cms"],
    [["--timestamp-roots", "ca.pem"], "add --timestamp URL"],
    [["--keep-unstamped"], "add --timestamp URL"],
    [["--timestamp-order", "spread"], "add --timestamp URL"],
    [["--timestamp", "http://tsa.example", "--timestamp-order", "random"], "Allowed choices are sequential"],
    [["--timestamp", "http://tsa.example", "--timestamp-roots", "data"], "holds no certificate"],
    [["--timestamp", "http://"], "the address of the authority must be http"],
  ])("%j", async (args, words) => {
    const cwd = folder();
    const before = signatures();
    const { status, stdout, stderr } = await sign(["data", ...args], { cwd });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("canary");
    expect(signatures()).toBe(before);
    expect(existsSync(join(cwd, "data.p7s"))).toBe(false);
  });

  test("an address in the variable that is none", async () => {
    const env = { SIGNPATH_TIMESTAMP_URLS: "http://tsa.example builder:canary@other" };
    const before = signatures();
    const { status, stderr } = await sign(["data"], { cwd: folder(), env });
    expect(status).toBe(1);
    expect(stderr).toContain("the address of authority 2 must be http:// or https://");
    expect(stderr).not.toContain("canary");
    expect(signatures()).toBe(before);
  });
});

test("an address with the API token in it is refused before anything is sent, and not repeated", async () => {
  const cwd = folder();
  const token = encodeURIComponent(emulator().apiToken);
  const before = emulator().requests.length;
  const asOption = await sign(["data", "--timestamp", `${emulator().timestampUrl}/${token}`], { cwd });
  const env = { SIGNPATH_TIMESTAMP_URLS: `${emulator().timestampUrl}?${emulator().apiToken}` };
  for (const { status, stdout, stderr } of [asOption, await sign(["data"], { cwd, env })]) {
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("holds the API token, and is not asked");
    expect([stderr.includes(token), stderr.includes(emulator().apiToken)]).toEqual([false, false]);
  }
  expect(emulator().requests.length).toBe(before);
  expect(existsSync(join(cwd, "data.p7s"))).toBe(false);
});
