import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { combinedExitCode, exitCodeOf } from "../../src/cli/errors/exit-codes.js";
import type { Fault } from "../../src/emulator/index.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { eventsOf, failureCodes, fill, namesIn, signpath, submissions } from "./support.js";

const emulator = useEmulator();

afterEach(() => emulator().clearFaults());

test("each code of the documentation has its exit code", () => {
  const groups: Record<number, string[]> = {
    1: ["USAGE", "CONFIG_INVALID", "POLICY_NOT_FOUND", "POLICY_UNUSABLE", "ALGORITHM_NOT_SUPPORTED"],
    2: ["AUTHENTICATION_FAILED", "FORBIDDEN", "REQUEST_DENIED"],
    3: ["INPUT_UNREADABLE", "OUTPUT_UNWRITABLE", "UNEXPECTED", "anything else"],
    4: ["REQUEST_REJECTED", "THROTTLED", "SERVICE_UNAVAILABLE", "CONNECTION_FAILED", "TLS_FAILED", "TIMEOUT"],
    5: ["TIMESTAMP_FAILED"],
    6: ["SIGNATURE_INVALID", "CERTIFICATE_CHANGED", "VERIFICATION_FAILED"],
  };
  for (const [exitCode, codes] of Object.entries(groups)) {
    for (const code of codes) expect([code, exitCodeOf(code)]).toEqual([code, Number(exitCode)]);
  }
  expect(exitCodeOf("INVALID_RESPONSE")).toBe(4);
  expect(exitCodeOf("REQUEST_PENDING")).toBe(4);
});

test("several failures have their own exit code if they share one, else 3", () => {
  expect(combinedExitCode([])).toBe(0);
  expect(combinedExitCode([4])).toBe(4);
  expect(combinedExitCode([6, 6, 6])).toBe(6);
  expect(combinedExitCode([4, 6])).toBe(3);
});

describe("when the service fails", () => {
  const env = {
    SIGNPATH_TIMEOUTS_RETRY_COUNT: "1",
    SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.05",
    SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS: "5",
  };

  async function signOne(fault: Fault): Promise<{ status: number | null; code: unknown; stderr: string }> {
    const cwd = fill(temporaryFolder(), { data: "x", "data.p7s": "older" });
    emulator().addFault({ ...fault, count: fault.count ?? Number.POSITIVE_INFINITY });
    const args = ["sign", "data", "--policy", "demo/rsa-2048", "--json"];
    const result = await signpath(args, { emulator: emulator(), cwd, env });
    expect(namesIn(cwd)).toEqual(["data", "data.p7s"]);
    expect(readFileSync(join(cwd, "data.p7s"), "utf8")).toBe("older");
    return { status: result.status, code: failureCodes(result)[0], stderr: result.stderr };
  }

  const faults: [Fault, number, string][] = [
    [{ kind: "status", status: 503, route: "signingRequests" }, 4, "SERVICE_UNAVAILABLE"],
    [{ kind: "status", status: 429, route: "signingRequests" }, 4, "THROTTLED"],
    [{ kind: "status", status: 400, route: "signingRequests" }, 4, "REQUEST_REJECTED"],
    [{ kind: "status", status: 401, route: "signingRequests" }, 2, "AUTHENTICATION_FAILED"],
    [{ kind: "reset", when: "before", route: "signingRequests" }, 4, "CONNECTION_FAILED"],
    [{ kind: "silence", route: "signingRequests" }, 4, "TIMEOUT"],
    [{ kind: "html", route: "signingRequests" }, 4, "INVALID_RESPONSE"],
    [{ kind: "redirect", location: "https://example.com/", route: "signingRequests" }, 4, "INVALID_RESPONSE"],
    [{ kind: "foreign-echo", field: "hash" }, 4, "INVALID_RESPONSE"],
    [{ kind: "other-key" }, 6, "SIGNATURE_INVALID"],
    [{ kind: "other-hash" }, 6, "SIGNATURE_INVALID"],
    [{ kind: "zero-signature" }, 6, "SIGNATURE_INVALID"],
  ];
  test.each(faults)("%j exits with %i, and says what to do", async (fault, status, code) => {
    const result = await signOne(fault);
    expect(result).toMatchObject({ status, code });
    expect(result.stderr).toMatch(
      new RegExp(`^error: data was not signed: .+\\n {2}[A-Z].+\\.\\n {2}${code}`, "m"),
    );
  });

  test("a broken connection says where to look", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const args = ["sign", "data", "--policy", "demo/p-256"];
    const down = { ...emulator().environment, ...env, SIGNPATH_API_URL: "http://127.0.0.1:9/Api" };
    const { status, stderr } = await signpath(args, { cwd, env: down });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^error: .*ECONNREFUSED.*\n {2}Check ApiUrl.*\n {2}CONNECTION_FAILED\n$/m);
  });

  test("a replaced certificate exits with 6", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    emulator().addFault({ kind: "latency", ms: 4000, route: "signingRequests" });
    const args = ["sign", "data", "--policy", "demo/p-384", "--json"];
    const before = submissions(emulator());
    const running = signpath(args, { emulator: emulator(), cwd });
    while (submissions(emulator()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
    await emulator().rotateCertificate("p-384", { newKey: true });
    const result = await running;
    expect([result.status, failureCodes(result)]).toEqual([6, ["CERTIFICATE_CHANGED"]]);
  });
});

describe("a batch", () => {
  const NAMES = ["one", "two", "three", "four"];
  const sign = async (fault: Fault | undefined, more: readonly string[] = []) => {
    const cwd = fill(temporaryFolder(), Object.fromEntries(NAMES.map((name) => [name, name])));
    if (fault !== undefined) emulator().addFault(fault);
    const args = ["sign", ...NAMES, ...more, "--policy", "demo/p-256", "--jobs", "1", "--json"];
    const result = await signpath(args, { emulator: emulator(), cwd });
    return { result, events: eventsOf(result), names: namesIn(cwd) };
  };

  test("goes on after one file's failure and exits with its code", async () => {
    const { result, events, names } = await sign({ kind: "other-key" });
    expect(result.status).toBe(6);
    // Files are read side by side, so that either of the first two may come first.
    const failed = events.filter(({ event }) => event === "failed").map(({ file }) => file);
    expect(["one", "two"]).toContain(failed[0]);
    const signed = NAMES.filter((name) => name !== failed[0]);
    expect(failed).toHaveLength(1);
    expect(names).toEqual([...NAMES, ...signed.map((name) => `${name}.p7s`)].sort());
  });

  test("exits with 3 for failures of several kinds", async () => {
    const { result } = await sign({ kind: "other-key" }, ["gone"]);
    expect(failureCodes(result).sort()).toEqual(["INPUT_UNREADABLE", "SIGNATURE_INVALID"]);
    expect(result.status).toBe(3);
  });

  test.each([401, 403])("stops early at status %i: no other file would fare better", async (status) => {
    const before = submissions(emulator());
    const { result, events, names } = await sign({ kind: "status", status, route: "signingRequests" });
    expect(result.status).toBe(2);
    expect(submissions(emulator()) - before).toBe(1);
    expect(events.at(-1)).toEqual({
      event: "summary",
      signed: 0,
      skipped: 0,
      failed: 1,
      notTried: 3,
      elapsedMs: expect.any(Number),
      retries: 0,
      exitCode: 2,
    });
    expect(names).toEqual([...NAMES].sort());
  });

  test("fails once, not once per file, where the policy cannot be had", async () => {
    const { result, events } = await sign({ kind: "status", status: 401, route: "mySigningPolicies" });
    expect(result.status).toBe(2);
    expect(failureCodes(result)).toEqual(["AUTHENTICATION_FAILED"]);
    expect(events.at(-1)).toEqual({
      event: "summary",
      signed: 0,
      skipped: 0,
      failed: 0,
      notTried: 4,
      elapsedMs: expect.any(Number),
      retries: 0,
      exitCode: 2,
    });
  });
});
