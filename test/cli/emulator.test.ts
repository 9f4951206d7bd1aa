import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { FAULT_KINDS } from "../../src/emulator/faults/fields.js";
import { temporaryFolder } from "../support/temporary.js";
import { openssl, testWith } from "../support/verifiers.js";
import type { CliEvent, CliOptions, Running } from "./support.js";
import { eventsOf, failureCodes, fill, signpath, start } from "./support.js";

async function listening(
  args: readonly string[],
  options?: CliOptions,
): Promise<{ running: Running; facts: CliEvent }> {
  const running = start(["emulator", "--json", ...args], options);
  await vi.waitFor(() => expect(running.stdout()).toContain("\n"), { timeout: 20_000 });
  const [facts] = eventsOf({ stdout: running.stdout() });
  if (facts === undefined) throw new Error(running.stderr());
  return { running, facts };
}

describe("with --json", () => {
  test("says in one line where it listens and what a program needs", async () => {
    const { running, facts } = await listening([]);
    const { origin } = new URL(String(facts["apiUrl"]));
    expect(facts).toMatchObject({
      event: "listening",
      apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/Api$/),
      environment: {
        SIGNPATH_API_URL: facts["apiUrl"],
        SIGNPATH_ORGANIZATION_ID: facts["organizationId"],
        SIGNPATH_API_TOKEN: expect.any(String),
      },
    });
    expect(facts["policies"]).toHaveLength(9);
    const pem = await (await fetch(`${origin}/ca.pem`)).text();
    expect(pem).toBe(String(facts["rootCertificate"]) + String(facts["intermediateCertificate"]));
    running.child.kill("SIGTERM");
    const result = await running.ended;
    expect(result.status).toBe(0);
    expect(eventsOf(result).at(-1)).toEqual({ event: "summary", signingRequests: 0, exitCode: 0 });
  });

  test("is what the other commands can work with", async () => {
    const { facts } = await listening(["--organization", "5e1f0000-0000-4000-8000-00000000cafe"]);
    const env = facts["environment"] as NodeJS.ProcessEnv;
    expect(env["SIGNPATH_ORGANIZATION_ID"]).toBe("5e1f0000-0000-4000-8000-00000000cafe");
    const cwd = fill(temporaryFolder(), { data: "x" });
    expect((await signpath(["sign", "data", "--policy", "demo/p-256"], { env, cwd })).status).toBe(0);
  });
});

describe("it ends, with exit code 0,", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("at %s", async (signal) => {
    const { running } = await listening([]);
    running.child.kill(signal);
    expect((await running.ended).status).toBe(0);
  });

  test("when its stdin closes, if it was asked to", async () => {
    const { running } = await listening(["--until-stdin-closes"]);
    running.child.stdin?.end();
    expect((await running.ended).status).toBe(0);
  });

  test("but not when its stdin closes otherwise", async () => {
    const { running } = await listening([], { input: "" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(running.child.exitCode).toBe(null);
  });
});

test("tells a person on stdout what a shell can read, and the rest on stderr", async () => {
  const running = start(["emulator"]);
  await vi.waitFor(() => expect(running.stderr()).toContain("ca.pem"), { timeout: 20_000 });
  expect(running.stdout()).toMatch(
    /^export SIGNPATH_API_URL='\S+'\nexport SIGNPATH_ORGANIZATION_ID='\S+'\nexport SIGNPATH_API_TOKEN='\S+'\n# PowerShell: \$env:/,
  );
  expect(running.stderr()).toMatch(/^ {2}demo\/rsa-2048 +RSA 2048$/m);
  expect(running.stderr()).toMatch(/^ {2}demo\/approval +RSA 2048, each signature needs an approval$/m);
  running.child.kill("SIGINT");
  expect((await running.ended).status).toBe(0);
});

testWith("openssl", "the lines that it prints, pasted into a shell, make sign work", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  const running = start(["emulator", "--write-ca", "ca.pem"], { cwd });
  await vi.waitFor(() => expect(running.stderr()).toContain("ca.pem"), { timeout: 20_000 });
  const env = Object.fromEntries(
    [...running.stdout().matchAll(/^export (\w+)='([^']+)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const args = ["sign", "data", "--policy", "demo/p-256", "--certificates", "ca.pem"];
  expect((await signpath(args, { cwd, env })).status).toBe(0);
  const verify = [
    "-verify",
    "-binary",
    "-inform",
    "DER",
    "-in",
    "data.p7s",
    "-content",
    "data",
    "-CAfile",
    "ca.pem",
  ];
  expect((await openssl(["cms", ...verify], { cwd })).status).toBe(0);
});

describe("with --accounts", () => {
  const ACCOUNTS = JSON.stringify([
    {
      name: "One",
      users: [
        { name: "build", submitter: ["p-256"] },
        { name: "Alice", kind: "interactive" },
      ],
    },
    { name: "Two", users: [{ name: "other", apiToken: "a'b", submitter: "*" }] },
  ]);

  test("it has these organizations and users, and prints whose variables are asked for", async () => {
    const cwd = fill(temporaryFolder(), { "accounts.json": ACCOUNTS, data: "x" });
    const running = start(["emulator", "--accounts", "accounts.json", "--as", "other"], { cwd });
    await vi.waitFor(() => expect(running.stderr()).toContain("ca.pem"), { timeout: 20_000 });
    expect(running.stdout()).toContain("export SIGNPATH_API_TOKEN='a'\\''b'\n");
    expect(running.stdout()).toContain(
      "export SIGNPATH_ORGANIZATION_ID='de300000-0000-4000-8000-000000000001'\n",
    );
    expect(running.stderr()).toMatch(/^ {2}build +CI user of One, submitter of p-256, administrator/m);
    expect(running.stderr()).toMatch(/^ {2}Alice +interactive user of One$/m);
    expect(running.stderr()).not.toContain("a'b");
    running.child.kill("SIGTERM");
    expect((await running.ended).status).toBe(0);
  });

  test("programs learn everybody's variables, which the other commands work with", async () => {
    const cwd = fill(temporaryFolder(), { "accounts.json": ACCOUNTS, data: "x" });
    const { facts } = await listening(["--accounts", "accounts.json"], { cwd });
    const users = facts["users"] as { name: string; environment: NodeJS.ProcessEnv }[];
    expect(users.map(({ name }) => name)).toEqual(["build", "Alice", "other"]);
    const sign = async (user: number, policy: string): Promise<number | null> =>
      (await signpath(["sign", "data", "--policy", policy], { cwd, env: users[user]?.environment ?? {} }))
        .status;
    expect(await sign(0, "demo/p-256")).toBe(0);
    expect(await sign(2, "demo/p-384")).toBe(0);
    expect(await sign(1, "demo/p-256")).toBe(1);
  });

  test.each([
    ["[{]", [], /--accounts accounts\.json is not JSON/],
    ['[{"name":"A","users":[{"name":"a","apiToken":"secret x"}]}]', [], /apiToken must be visible ASCII/],
    [ACCOUNTS, ["--as", "nobody"], /--as nobody: there is no such user/],
    [
      ACCOUNTS,
      ["--organization", "de300000-0000-4000-8000-000000000005"],
      /organizations go without organizationId/,
    ],
  ])("refuses %s %j", async (content, more, message) => {
    const cwd = fill(temporaryFolder(), { "accounts.json": content });
    const result = await signpath(["emulator", "--accounts", "accounts.json", ...more], { cwd });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain("secret");
  });

  test("refuses a file that is not there", async () => {
    const result = await signpath(["emulator", "--accounts", "none"], { cwd: temporaryFolder() });
    expect([result.status, result.stderr]).toEqual([
      1,
      expect.stringContaining("--accounts none cannot be read"),
    ]);
  });
});

test("refuses a state directory of a newer version, with a word about what to do", async () => {
  const cwd = temporaryFolder();
  fill(join(cwd, "state"), { "audit-log.jsonl": '{"version":9}\n' });
  const result = await signpath(["emulator", "--state", "state"], { cwd });
  expect(result.status).not.toBe(0);
  expect(result.stderr).toContain("was written by a newer emulator; use another directory");
  expect(result.stderr).not.toMatch(/\n {4}at /);
});

test("keeps its keys, its token and its organization with --state", async () => {
  const cwd = temporaryFolder();
  const first = await listening(["--state", "state"], { cwd });
  first.running.child.kill("SIGTERM");
  await first.running.ended;
  const second = await listening(["--state", "state"], { cwd });
  expect(second.facts["rootCertificate"]).toBe(first.facts["rootCertificate"]);
  const tokenOf = (facts: CliEvent): unknown =>
    (facts["environment"] as NodeJS.ProcessEnv)["SIGNPATH_API_TOKEN"];
  expect(tokenOf(second.facts)).toBe(tokenOf(first.facts));
  expect(statSync(join(cwd, "state")).mode & 0o077).toBe(0);
  const env = second.facts["environment"] as NodeJS.ProcessEnv;
  fill(cwd, { data: "x" });
  expect((await signpath(["sign", "data", "--policy", "demo/p-256"], { cwd, env })).status).toBe(0);
  const beside = start(["emulator", "--state", "state"], { cwd });
  await vi.waitFor(() => expect(beside.stderr()).toContain("ca.pem"), { timeout: 20_000 });
  expect(beside.stderr()).toMatch(/^state is in use by another emulator, which keeps its audit log there/m);
  second.running.child.kill("SIGTERM");
  expect(eventsOf(await second.running.ended).at(-1)).toMatchObject({ signingRequests: 1 });
  const third = start(["emulator", "--state", "state"], { cwd });
  await vi.waitFor(() => expect(third.stderr()).toContain("ca.pem"), { timeout: 20_000 });
  expect(third.stderr()).toMatch(/^State of state: 1 entry in the audit log, 0 waiting for approval\.$/m);
  for (const { child } of [beside, third]) child.kill("SIGTERM");
});

test("writes its authority's certificates with --write-ca", async () => {
  const cwd = temporaryFolder();
  const { facts } = await listening(["--write-ca", "ca.pem"], { cwd });
  const pem = readFileSync(join(cwd, "ca.pem"), "utf8");
  expect(pem).toBe(String(facts["rootCertificate"]) + String(facts["intermediateCertificate"]));
  expect(new X509Certificate(pem).subject).toContain("Root CA");
});

/** The statuses of so many requests for the list of policies, which the emulator answers or its faults. */
async function statuses(facts: CliEvent, count: number): Promise<number[]> {
  const env = facts["environment"] as Record<string, string>;
  const address = `${facts["apiUrl"]}/v1/${facts["organizationId"]}/Cryptoki/MySigningPolicies?signingPolicySlug=p-256`;
  const headers = { Authorization: `Bearer ${env["SIGNPATH_API_TOKEN"]}` };
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await fetch(address, { headers })).status);
  return found;
}

describe("with --fault", () => {
  test("something goes wrong, in the order and as often as it was given", async () => {
    const { facts } = await listening([
      "--fault",
      "status=503,count=2",
      "--fault",
      "status=429,retryAfter=1",
    ]);
    expect(await statuses(facts, 4)).toEqual([503, 503, 429, 200]);
  });

  test("a fault may be JSON", async () => {
    const { facts } = await listening(["--fault", '{"kind":"status","status":502,"count":"inf"}']);
    expect(await statuses(facts, 3)).toEqual([502, 502, 502]);
  });

  test("and --seed, the same requests meet a fault with a probability", async () => {
    const fault = ["--fault", "status=503,probability=0.5,count=inf"];
    const runs = [];
    for (const seed of ["7", "7", "8"]) {
      const { facts } = await listening([...fault, "--seed", seed]);
      runs.push(await statuses(facts, 30));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });

  test.each([
    ["nothing", "There is no fault 'nothing'", "latency"],
    ["status", "needs status, a number", "Fields of status: status, retryAfter, retryAfterDate, body, route"],
    ["status=many", "status must be a number, not 'many'", "Fields of status"],
    ["status=99", "status must be a number from 200", "Fields of status"],
    ["latency=1,colour=red", "no field 'colour'", "Fields of latency: ms, route, count, probability"],
    ["latency=1,ms=2", "ms is given twice", "Fields of latency"],
    ["latency=1,count", "count needs a value", "Fields of latency"],
    ["oversized-body=1,chunked=maybe", "chunked must be true or false", "Fields of oversized-body: bytes"],
    ["html,route=nowhere", "no route 'nowhere'", "Fields of html: route, count, probability"],
    ["{kind", "begins like JSON", ""],
    ["tls-failure=expired", "started with tls", ""],
  ])("%s is a mistake that is explained", async (spec, message, hint) => {
    const { status, stdout, stderr } = await signpath(["emulator", "--fault", spec]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test("every kind with every field is in the help", async () => {
    const { stdout } = await signpath(["emulator", "--help"]);
    const [, faults = ""] = stdout.split("Faults (");
    for (const [kind, fields] of FAULT_KINDS) {
      const line = faults.split("\n").find((text) => new RegExp(`(^|[ ,])${kind}([:,]|$)`).test(text));
      expect(line, kind).toBeDefined();
      for (const name of fields) expect(line, kind).toMatch(new RegExp(`[ ,]${name}\\b`));
    }
  });
});

test("takes no more requests a second than --rate-limit", async () => {
  const { facts } = await listening(["--rate-limit", "1"]);
  expect(await statuses(facts, 3)).toContain(429);
});

test("listens with TLS, and says whom to trust", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  const { facts } = await listening(["--tls", "--write-ca", "ca.pem", "--fault", "tls-failure=reset"], {
    cwd,
  });
  expect(facts["apiUrl"]).toMatch(/^https:/);
  const env = facts["environment"] as NodeJS.ProcessEnv;
  expect(env["SIGNPATH_TLS_CA_CERTIFICATES"]).toBe(join(cwd, "ca.pem"));
  const args = ["sign", "data", "--policy", "demo/p-256"];
  expect((await signpath(args, { env, cwd })).status).toBe(0);
  const { SIGNPATH_TLS_CA_CERTIFICATES: _, ...withoutTrust } = env;
  expect((await signpath([...args, "--out", "other.p7s"], { env: withoutTrust, cwd })).status).toBe(4);
});

describe("cannot start", () => {
  test("on a port that is taken", async () => {
    const { facts } = await listening([]);
    const { port } = new URL(String(facts["apiUrl"]));
    const { status, stderr } = await signpath(["emulator", "--port", port]);
    expect(status).toBe(1);
    expect(stderr).toContain(`cannot listen on port ${port}: it is in use`);
  });

  test("with an organization that is no UUID", async () => {
    const result = await signpath(["emulator", "--organization", "mine", "--json"]);
    expect([result.status, failureCodes(result)]).toEqual([1, ["USAGE"]]);
  });

  test("with a state directory that is a file", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "state"), "");
    const result = await signpath(["emulator", "--state", "state", "--json"], { cwd });
    expect([result.status, failureCodes(result)]).toEqual([3, ["OUTPUT_UNWRITABLE"]]);
  });

  test("where the CA certificates cannot be written", async () => {
    const args = ["emulator", "--write-ca", "nowhere/ca.pem", "--json"];
    const result = await signpath(args, { cwd: temporaryFolder() });
    expect([result.status, failureCodes(result)]).toEqual([3, ["OUTPUT_UNWRITABLE"]]);
  });
});
