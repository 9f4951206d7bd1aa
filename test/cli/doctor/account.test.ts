import { afterEach, describe, expect, test } from "vitest";
import type { Fault } from "../../../src/emulator/index.js";
import type { Case } from "./support.js";
import { CANARY, examine, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();

afterEach(() => emulator().clearFaults());

test("of an account that is in order, nothing is an error and all stages are there", async () => {
  const { counts, findings, errors, exitCode } = await examine(emulator(), { policies: ["demo/p-256"] });
  expect([errors, exitCode, counts.error]).toEqual([[], 0, 0]);
  expect([...new Set(findings.map(({ stage }) => stage))]).toEqual([
    ...[
      "settings",
      "node",
      "toolkits",
      "tls-settings",
      "dns",
      "proxy",
      "connection",
      "tls",
      "service",
      "clock",
    ],
    ...["token", "organization", "policies", "certificate", "key", "chain", "timestamp"],
  ]);
});

describe("the account", () => {
  const other = "00000000-0000-4000-8000-000000000000";
  test.each<[string, Case, string, number, string]>([
    [
      "a wrong token",
      { env: { SIGNPATH_API_TOKEN: `${CANARY}-x` } },
      "token AUTHENTICATION_FAILED",
      2,
      "organization",
    ],
    [
      "another organization",
      { env: { SIGNPATH_ORGANIZATION_ID: other } },
      "organization REQUEST_REJECTED",
      4,
      "policies",
    ],
  ])("%s: %o is %s", async (_what, given, expected, exitCode, hindered) => {
    const found = await examine(emulator(), given);
    expect([found.errors, found.exitCode]).toEqual([[expected], exitCode]);
    expect(found.at(hindered as "policies")[0]?.code).toBe("BLOCKED");
    // The server told the time all the same.
    expect(found.of("clock")).toEqual(["ok OK"]);
  });

  test("that is forbidden is the organization's", async () => {
    emulator().addFault({ kind: "status", status: 403, route: "mySigningPolicies" });
    const { errors, of, exitCode } = await examine(emulator());
    expect([errors, of("token"), exitCode]).toEqual([["organization FORBIDDEN"], ["ok OK"], 2]);
  });
});

describe("the service", () => {
  test.each<[Fault, string, number]>([
    [{ kind: "status", status: 503 }, "service SERVICE_UNAVAILABLE", 4],
    [{ kind: "status", status: 429, retryAfter: "60" }, "service THROTTLED", 4],
    [{ kind: "html" }, "service INVALID_RESPONSE", 4],
    [{ kind: "redirect", location: "https://elsewhere.example/" }, "service INVALID_RESPONSE", 4],
    [{ kind: "malformed-json" }, "service INVALID_RESPONSE", 4],
    [{ kind: "reset", when: "before" }, "service CONNECTION_FAILED", 4],
  ])("with %o is %s", async (fault, expected, exitCode) => {
    emulator().addFault({ ...fault, route: "mySigningPolicies" });
    const found = await examine(emulator());
    expect([found.errors, found.exitCode]).toEqual([[expected], exitCode]);
    expect(found.at("policies")[0]).toMatchObject({ code: "BLOCKED", dependsOn: "service" });
    expect(found.at("service")[0]?.advice ?? found.at("service")[0]?.found).not.toBe("");
  });

  test("that says nothing is given up", async () => {
    emulator().addFault({ kind: "silence", route: "mySigningPolicies" });
    const { errors, exitCode } = await examine(emulator(), { flags: { timeout: 1 } });
    expect([errors, exitCode]).toEqual([["service TIMEOUT"], 4]);
  });

  test.each([
    [90_000, "warning CLOCK_OFF", 0],
    [-3_600_000, "error CLOCK_WRONG", 1],
  ])("whose clock is %i ms fast", async (ms, expected, exitCode) => {
    emulator().addFault({ kind: "clock-offset", ms, route: "mySigningPolicies" });
    const found = await examine(emulator());
    expect([found.of("clock"), found.exitCode]).toEqual([[expected], exitCode]);
  });
});

describe("policies", () => {
  test("each that the token may use is listed, and one that cannot be used is a warning", async () => {
    const { at, warnings } = await examine(emulator());
    expect(warnings).toContain("policies POLICY_UNUSABLE");
    const [usable, unusable] = at("policies");
    expect(usable?.details?.["policies"]).toEqual([
      ...["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "approval"].map(
        (slug) => `demo/${slug}`,
      ),
    ]);
    expect(unusable?.found).toContain("demo/gpg: cannot be used: it has no X.509 certificate");
  });

  test.each<[Case, string[], number]>([
    [{ policies: ["demo/nothing", "demo/p-256"] }, ["policies POLICY_NOT_FOUND"], 1],
    [{ policies: ["demo/forbidden"] }, ["policies POLICY_NOT_FOUND"], 1],
    [{ policies: ["demo/gpg"] }, ["policies POLICY_UNUSABLE"], 1],
    [{ policies: ["DEMO/P-256"] }, [], 0],
    [
      { env: { SIGNPATH_PROJECT_SLUG: "demo", SIGNPATH_SIGNING_POLICY_SLUG: "gone" } },
      ["policies POLICY_NOT_FOUND"],
      1,
    ],
  ])("%o: %j", async (given, errors, exitCode) => {
    const found = await examine(emulator(), given);
    expect([found.errors, found.exitCode]).toEqual([errors, exitCode]);
  });

  test("of which there is none are an error", async () => {
    for (const { signingPolicySlug } of emulator().policies)
      emulator().setSubmitter(signingPolicySlug, false);
    try {
      expect((await examine(emulator())).errors).toEqual(["policies POLICY_NOT_FOUND"]);
    } finally {
      for (const { signingPolicySlug, submitter } of emulator().policies)
        if (!submitter) emulator().setSubmitter(signingPolicySlug, signingPolicySlug !== "forbidden");
    }
  });

  test("a name that is none is refused before anything is asked", async () => {
    const before = emulator().requests.length;
    await expect(examine(emulator(), { policies: ["nonsense"] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await expect(examine(emulator(), { policies: [`demo/${CANARY}`] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect(emulator().requests.length).toBe(before);
  });

  test("with a certificate that cannot be read are unusable", async () => {
    emulator().addFault({ kind: "garbage-certificate", route: "mySigningPolicies" });
    expect((await examine(emulator(), { policies: ["demo/p-256"] })).errors).toEqual([
      "policies POLICY_UNUSABLE",
    ]);
  });
});
