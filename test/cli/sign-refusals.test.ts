import { chmodSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import {
  eventsOf,
  failureCodes,
  fill,
  MAIN,
  namesIn,
  PERMISSIONS_COUNT,
  signpath,
  submissions,
} from "./support.js";

const emulator = useEmulator();

/** Signs with --json in a folder with one file and an older signature of it. */
async function refused(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; code: unknown; stderr: string; sent: number; requests: number }> {
  const cwd = fill(temporaryFolder(), { data: "x", "data.p7s": "older", "data.sig": "older" });
  const [sent, requests] = [submissions(emulator()), emulator().requests.length];
  const result = await signpath(["sign", "data", "--json", ...args], { emulator: emulator(), cwd, env });
  expect(namesIn(cwd)).toEqual(["data", "data.p7s", "data.sig"]);
  expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
  expect(readFileSync(join(cwd, "data.sig"), "utf8")).toBe("older");
  expect(eventsOf(result).at(-1)).toMatchObject({ event: "summary", exitCode: result.status, signed: 0 });
  const lines = result.stderr.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(3);
  expect(result.stderr).not.toContain("    at ");
  return {
    status: result.status,
    code: failureCodes(result)[0],
    stderr: result.stderr,
    sent: submissions(emulator()) - sent,
    requests: emulator().requests.length - requests,
  };
}

describe("what the service or the settings do not allow", () => {
  test("a wrong token exits with 2", async () => {
    const failure = await refused(["--policy", "demo/rsa-2048"], {
      SIGNPATH_API_TOKEN: "not-the-right-token",
    });
    expect(failure).toMatchObject({ status: 2, code: "AUTHENTICATION_FAILED", sent: 0 });
    expect(failure.stderr).toContain("SIGNPATH_API_TOKEN");
  });

  test.each([
    ["an unknown project", "nowhere/rsa-2048"],
    ["an unknown policy", "demo/nothing"],
    ["a policy that the token's user is no submitter of", "demo/forbidden"],
  ])("%s exits with 1", async (_what, policy) => {
    const failure = await refused(["--policy", policy]);
    expect(failure).toMatchObject({ status: 1, code: "POLICY_NOT_FOUND", sent: 0 });
    expect(failure.stderr).toContain(policy);
    expect(failure.stderr).toContain("submitter");
  });

  test("a right of submission that was taken away exits with 2", async () => {
    emulator().addFault({ kind: "status", status: 403, route: "signingRequests" });
    const failure = await refused(["--policy", "demo/rsa-2048"]);
    expect(failure).toMatchObject({ status: 2, code: "FORBIDDEN", sent: 1 });
    expect(failure.stderr).toContain("submitter");
  });

  test("a policy with an approval process exits with 1 and says what would work", async () => {
    const failure = await refused(["--policy", "demo/approval"]);
    expect(failure).toMatchObject({ status: 1, code: "POLICY_UNUSABLE" });
    expect(failure.stderr).toContain("approval process");
    expect(failure.stderr).toContain("SIGNPATH_ROUTE=asynchronous");
  });

  test("a policy without an X.509 certificate exits with 1", async () => {
    const failure = await refused(["--policy", "demo/gpg"]);
    expect(failure).toMatchObject({ status: 1, code: "POLICY_UNUSABLE", sent: 0 });
  });

  test.each(["cms", "raw"])("RSA-PSS with an EC key exits with 1, as %s", async (format) => {
    const failure = await refused(["--policy", "demo/p-256", "--padding", "pss", "--format", format]);
    expect(failure).toMatchObject({ status: 1, code: "ALGORITHM_NOT_SUPPORTED", sent: 0 });
    expect(failure.stderr).toContain("ECDSA");
  });

  test.each(["release", "a/b/c", "/b", "demo/"])(
    "a policy called %j exits with 1, unasked",
    async (policy) => {
      const failure = await refused(["--policy", policy]);
      expect(failure).toMatchObject({ status: 1, code: "CONFIG_INVALID", requests: 0 });
    },
  );

  test("no policy at all exits with 1 and names the variable", async () => {
    const failure = await refused([]);
    expect(failure).toMatchObject({ status: 1, code: "CONFIG_INVALID", requests: 0 });
    expect(failure.stderr).toContain("SIGNPATH_PROJECT_SLUG");
    expect(failure.stderr).not.toContain("option");
  });
});

describe("settings that are missing or malformed", () => {
  test("are named all at once", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const { status, stderr } = await signpath(["sign", "data"], {
      cwd,
      env: { SIGNPATH_API_URL: "nonsense" },
    });
    expect(status).toBe(1);
    for (const name of ["SIGNPATH_ORGANIZATION_ID", "SIGNPATH_API_TOKEN", "SIGNPATH_API_URL"]) {
      expect(stderr).toContain(name);
    }
  });

  test.each([
    ["is missing", undefined, "no such file"],
    ["is not JSON", "{ oops", "not JSON"],
  ])("a configuration file that %s exits with 1", async (_what, content, reason) => {
    const cwd = fill(temporaryFolder(), { data: "x", ...(content !== undefined && { "c.json": content }) });
    const args = ["sign", "data", "--config", "c.json"];
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect(status).toBe(1);
    expect(stderr).toContain("c.json");
    expect(stderr).toContain(reason);
  });
});

describe("files that cannot be read", () => {
  test("a missing one exits with 3, and nothing is sent", async () => {
    const cwd = temporaryFolder();
    const before = emulator().requests.length;
    const { status, stderr } = await signpath(["sign", "gone", "--policy", "demo/p-256"], {
      emulator: emulator(),
      cwd,
    });
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^error: gone cannot be read: it does not exist \(ENOENT\)\n {2}Check .*\n {2}INPUT_UNREADABLE\n$/,
    );
    expect(emulator().requests.length).toBe(before);
    expect(namesIn(cwd)).toEqual([]);
  });

  test("a directory exits with 3, and nothing is sent", async () => {
    const cwd = temporaryFolder();
    fill(join(cwd, "folder"), {});
    const before = emulator().requests.length;
    const result = await signpath(["sign", "folder", "--policy", "demo/p-256"], {
      emulator: emulator(),
      cwd,
    });
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("folder cannot be read: it is a directory");
    expect(emulator().requests.length).toBe(before);
    expect(namesIn(cwd)).toEqual(["folder"]);
  });

  test("stdin that is a directory exits with 3: it is not taken for an empty file", async () => {
    const cwd = temporaryFolder();
    const env = { PATH: process.env["PATH"], ...emulator().environment };
    const args = [process.execPath, MAIN, "sign", "-", "--out", "out", "--policy", "demo/p-256"];
    const result = await run("sh", ["-c", `"$0" "$@" < .`, ...args], { cwd, env });
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("stdin cannot be read: it is a directory");
    expect(namesIn(cwd)).toEqual([]);
  });

  test.runIf(PERMISSIONS_COUNT)("one without the permission exits with 3, and nothing is sent", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    chmodSync(join(cwd, "data"), 0o000);
    const before = emulator().requests.length;
    const args = ["sign", "data", "--policy", "demo/p-256"];
    const result = await signpath(args, { emulator: emulator(), cwd, unprivileged: true });
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("data cannot be read: permission denied (EACCES)");
    expect(emulator().requests.length).toBe(before);
    expect(namesIn(cwd)).toEqual(["data"]);
  });

  test("the others go on, and the exit code is 3", async () => {
    const cwd = fill(temporaryFolder(), { one: "1", two: "2" });
    const args = ["sign", "one", "gone", "two", "--policy", "demo/p-256"];
    const { status, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect(status).toBe(3);
    expect(namesIn(cwd)).toEqual(["one", "one.p7s", "two", "two.p7s"]);
    expect(stderr).toContain("gone cannot be read");
    expect(stderr).toMatch(/\nnot all went well: 2 signed, 1 failed\n$/);
  });
});

describe("options that do not go together exit with 1, before anything is sent", () => {
  test.each([
    [["data", "--format", "raw", "--attached"], "--attached is for --format cms"],
    [["data", "--format", "raw", "--certificates", "data"], "--certificates"],
    [
      ["data", "--format", "raw", "--profile", "cades-b"],
      "--profile is for --format cms: data becomes a raw",
    ],
    [["data", "--certificates", "gone.pem"], "gone.pem cannot be used: it does not exist"],
    [["data", "--certificates", "data"], "it holds no certificate"],
    [["data", "--ecdsa-format", "ieee"], "--ecdsa-format is for --format raw"],
    [["data", "--out", "-", "--json"], "--json and --out -"],
    [["-"], "add --out FILE"],
    [["-", "-", "--out", "x"], "stdin can be signed only once"],
    [["-", "--out", "folder/"], "stdin has no name"],
    [["data", "folder/data", "--out", "folder"], "would both be"],
    [["data", "data.p7s"], "would replace data.p7s, which is to be signed"],
    [["data", "--out", ""], "--out is empty"],
    [["data", "--out", "data"], "would replace data, which is to be signed"],
    [["data", "--out", "folder/link"], "would replace data, which is to be signed"],
    [["data", "folder/data", "--out", "one"], "--out one is for one file, and there are 2"],
    [["data", "folder/data", "--out", "-"], "--out - is for one file, and there are 2"],
  ])("%j", async (args, message) => {
    const cwd = fill(temporaryFolder(), { data: "x", "data.p7s": "older" });
    fill(join(cwd, "folder"), { data: "y" });
    symlinkSync("../data", join(cwd, "folder", "link"));
    const before = emulator().requests.length;
    const policy = ["--policy", "demo/p-256"];
    const { status, stderr } = await signpath(["sign", ...args, ...policy], { emulator: emulator(), cwd });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain("USAGE");
    expect(emulator().requests.length).toBe(before);
    expect(readFileSync(join(cwd, "data"), "utf8")).toBe("x");
    expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
    expect(namesIn(cwd)).toEqual(["data", "data.p7s", "folder"]);
  });
});
