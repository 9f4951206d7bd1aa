import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readSignedData } from "../cms/sign/read-signed-data.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { describeWith, openssl } from "../support/verifiers.js";
import { eventsOf, fill, namesIn, signpath } from "./support.js";

const emulator = useEmulator();
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const TOKEN = "1.2.840.113549.1.9.16.2.14";
let certificates = "";
let intermediate = "";

beforeAll(() => {
  certificates = join(temporaryFolder(), "ca.pem");
  writeFileSync(certificates, emulator().rootCertificate + emulator().intermediateCertificate);
  intermediate = join(temporaryFolder(), "intermediate.pem");
  writeFileSync(intermediate, emulator().intermediateCertificate);
});

describeWith("openssl", "CMS signatures of sign", () => {
  const CONTENT = randomBytes(2_500_000);
  const args = (...more: readonly string[]): string[] => [
    ...["sign", ...more, "--policy", "demo/p-256", "--certificates", certificates],
  ];
  const verified = async (cwd: string, ...more: readonly string[]): Promise<Buffer> => {
    const verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "out.p7s", "-CAfile", certificates];
    const { status, stderr, output } = await openssl([...verify, ...more], { cwd });
    expect(stderr).toContain("Verification successful");
    expect(status).toBe(0);
    return output;
  };

  test.each([
    ["a file as DER", "data", [], [0x30, 0x83]],
    ["a file as BER", "data", ["--encoding", "ber"], [0x30, 0x80]],
    ["stdin as BER", "-", [], [0x30, 0x80]],
    ["stdin as DER", "-", ["--encoding", "der"], [0x30, 0x83]],
  ])("have %s attached", async (_title, file, more, begin) => {
    const cwd = fill(temporaryFolder(), { data: CONTENT });
    const options = { emulator: emulator(), cwd, ...(file === "-" && { input: CONTENT }) };
    for (const out of ["out.p7s", "-"]) {
      const result = await signpath(args(file, "--attached", ...more, "--out", out), options);
      expect(result.status).toBe(0);
      if (out === "-") writeFileSync(join(cwd, "out.p7s"), result.output);
      expect([...readFileSync(join(cwd, "out.p7s")).subarray(0, 2)]).toEqual(begin);
      expect((await verified(cwd)).equals(CONTENT)).toBe(true);
    }
  });

  test("have the issuers that the environment names, unless others are given; raw ones have none", async () => {
    const cwd = fill(temporaryFolder(), { data: "x", "first.p7s": "", "second.p7s": "" });
    const env = { SIGNPATH_CERTIFICATES: [intermediate, certificates].join(delimiter) };
    const options = { emulator: emulator(), cwd, env };
    const sign = ["sign", "data", "--policy", "demo/p-256", "--out"];
    expect(await signpath([...sign, "first.p7s"], options)).toMatchObject({ status: 0 });
    expect(await signpath([...sign, "raw.sig", "--format", "raw"], options)).toMatchObject({ status: 0 });
    const root = fill(cwd, { "root.pem": emulator().rootCertificate });
    const trust = ["-CAfile", join(root, "root.pem"), "-no-CApath", "-no-CAstore"];
    const verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "first.p7s", "-content", "data"];
    expect(await openssl([...verify, ...trust], { cwd })).toMatchObject({ status: 0 });
    const missing = { ...options, env: { SIGNPATH_CERTIFICATES: "nowhere.pem" } };
    const refused = await signpath([...sign, "second.p7s"], missing);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining("SIGNPATH_CERTIFICATES nowhere.pem"),
    ]);
  });

  test("follow a profile, name the key, have the root and a timestamp", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const more = ["--profile", "cades-t", "--signer-id", "ski", "--include-root"];
    const stamp = ["--timestamp", emulator().timestampUrl, "--incomplete-chain", "error", "--out", "out.p7s"];
    const result = await signpath(args("data", ...more, ...stamp), { emulator: emulator(), cwd });
    expect([result.status, result.stderr]).toEqual([0, expect.stringContaining("signed data")]);
    await verified(cwd, "-content", "data", "-cades");
    const { certificates: included, signers } = readSignedData(readFileSync(join(cwd, "out.p7s")));
    expect(included).toHaveLength(3);
    expect(signers[0]?.sid.tag).toBe(0x80);
    expect(signers[0]?.unsigned.has(TOKEN)).toBe(true);
    await signpath(args("data", "--profile", "pades", "--out", "out.p7s"), { emulator: emulator(), cwd });
    const [pades] = readSignedData(readFileSync(join(cwd, "out.p7s"))).signers;
    expect(pades?.attributes.has(SIGNING_TIME)).toBe(false);
  });

  test("are kept attached where their timestamp is not to be had", async () => {
    const cwd = fill(temporaryFolder(), { data: CONTENT });
    const more = ["--attached", "--timestamp", "http://127.0.0.1:9", "--keep-unstamped", "--out", "out.p7s"];
    expect((await signpath(args("data", ...more), { emulator: emulator(), cwd })).status).toBe(5);
    expect((await verified(cwd)).equals(CONTENT)).toBe(true);
  });

  test("warn of a chain that does not reach the root, or are not made, as asked", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const sign = ["sign", "data", "--policy", "demo/p-256", "--certificates", intermediate];
    const run = (...more: readonly string[]) => signpath([...sign, ...more], { emulator: emulator(), cwd });
    const warned = await run("--incomplete-chain", "warn");
    expect([warned.status, warned.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: .*which is missing/),
    ]);
    const events = eventsOf(await run("--incomplete-chain", "warn", "--json"));
    expect(events).toContainEqual(expect.objectContaining({ event: "warning", code: "CHAIN_INCOMPLETE" }));
    const failed = await run("--incomplete-chain", "error", "--out", "none.p7s");
    expect(failed.status).toBe(6);
    expect(namesIn(cwd)).toEqual(["data", "data.p7s"]);
  });

  test.each([
    [["--encoding", "ber"], "--encoding is of attached content"],
    [["--format", "raw", "--profile", "cms"], "--profile is for --format cms"],
    [["--format", "raw", "--signer-id", "ski"], "--signer-id is for --format cms"],
    [["--format", "raw", "--aia"], "--aia is for --format cms"],
    [["--profile", "cades-t"], "cades-t needs a timestamp"],
    [["--profile", "pades", "--attached"], "pades signs detached content"],
  ])("are refused with %j, before a file is read or written", async (more, message) => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const sign = ["sign", "data", "--policy", "demo/p-256", ...more];
    const before = emulator().signingRequests.length;
    const { status, stderr } = await signpath(sign, { emulator: emulator(), cwd });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(namesIn(cwd)).toEqual(["data"]);
    expect(emulator().signingRequests.length).toBe(before);
  });
});
