import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, LARGE } from "../cms/verify/support/fixtures.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { eventsOf, failureCodes, fill, namesIn, signpath } from "./support.js";

const emulator = useEmulator();
const AT = ["--root", "root.pem", "--at", "2027-01-01"];

/** A folder with fixtures of these names, and the root that they lead to. */
function folderWith(...names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const name of ["root.pem", "content.bin", ...names]) fill(folder, { [name]: fixture(name) });
  return folder;
}

describe("signpath verify", () => {
  it("verifies what signpath sign has put beside a file", async () => {
    const cwd = fill(temporaryFolder(), {
      data: "x",
      "root.pem": emulator().rootCertificate,
      "issuers.pem": emulator().intermediateCertificate,
    });
    const args = ["sign", "data", "--policy", "demo/p-256", "--certificates", "issuers.pem"];
    expect((await signpath(args, { cwd, emulator: emulator() })).status).toBe(0);
    const { status, stdout, stderr } = await signpath(["verify", "data", "--root", "root.pem"], { cwd });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^data\.p7s: verified\nsigner: verified\n/);
    fill(cwd, { data: "y" });
    const changed = await signpath(["verify", "data", "--root", "root.pem"], { cwd });
    expect(changed.status).toBe(6);
    expect(changed.stdout).toContain("DIGEST_MISMATCH");
    expect(changed.stderr).toContain("VERIFICATION_FAILED");
  });

  it("takes a signature by name, and reports it as JSON", async () => {
    const cwd = folderWith("bc-timestamped.p7s");
    const args = [
      "verify",
      "content.bin",
      "--signature",
      "bc-timestamped.p7s",
      "--require-timestamp",
      "--json",
      ...AT,
    ];
    const result = await signpath(args, { cwd });
    expect(result.status).toBe(0);
    const [verified, summary] = eventsOf(result);
    expect(verified).toMatchObject({
      event: "verified",
      signature: "bc-timestamped.p7s",
      signers: [
        { verified: true, timestamp: { verified: true }, chain: [expect.any(String), expect.any(String)] },
      ],
    });
    expect(summary).toEqual({ event: "summary", verified: true, exitCode: 0 });
  });

  it("writes content once it is verified, and only then", async () => {
    const cwd = folderWith("openssl-stream.p7m", "openssl-no-certificates.p7s");
    const args = ["verify", "openssl-stream.p7m", "--content-out", "out", ...AT];
    expect((await signpath(args, { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, "out"))).toEqual(LARGE);
    const spoilt = fixture("openssl-stream.p7m");
    spoilt[5000] = (spoilt[5000] ?? 0) ^ 1;
    fill(cwd, { "openssl-stream.p7m": spoilt, out: "as it was" });
    const before = namesIn(cwd);
    expect((await signpath(args, { cwd })).status).toBe(6);
    expect([readFileSync(join(cwd, "out"), "utf8"), namesIn(cwd)]).toEqual(["as it was", before]);
  });

  it("reads a signature from stdin", async () => {
    const cwd = folderWith();
    const input = fixture("gpgsm-attached.pem");
    expect((await signpath(["verify", "-", ...AT], { cwd, input })).status).toBe(0);
  });

  it("tells of what cannot be read and of usage", async () => {
    const cwd = folderWith("openssl-detached.p7s", "openssl-attached.p7m");
    const codesOf = async (...args: readonly string[]): Promise<unknown[]> => {
      const result = await signpath(["verify", ...args, "--json"], { cwd });
      return [result.status, ...failureCodes(result)];
    };
    expect(await codesOf("content.bin")).toEqual([1, "USAGE"]);
    expect(await codesOf("content.bin", "--root", "content.bin")).toEqual([1, "USAGE"]);
    expect(await codesOf("missing", ...AT)).toEqual([3, "INPUT_UNREADABLE"]);
    expect(await codesOf("content.bin", "--signature", "missing", ...AT)).toEqual([3, "INPUT_UNREADABLE"]);
    expect(await codesOf("content.bin", ...AT)).toEqual([6, "VERIFICATION_FAILED"]);
    expect(await codesOf("openssl-attached.p7m", "--content-out", "-", ...AT)).toEqual([1, "USAGE"]);
    const detached = ["content.bin", "--signature", "openssl-detached.p7s"];
    expect(await codesOf(...detached, "--content-out", "out", ...AT)).toEqual([1, "USAGE"]);
    expect(await codesOf(...detached, "--root", "root.pem", "--at", "tomorrow")).toEqual([1, "USAGE"]);
    expect(await codesOf(...detached, "--root", "root.pem", "--crl", "content.bin")).toEqual([
      1,
      "CONFIG_INVALID",
    ]);
    expect(await codesOf(...detached, "--root", "root.pem", "--at", "2060-01-01")).toEqual([
      6,
      "VERIFICATION_FAILED",
    ]);
  });
});
