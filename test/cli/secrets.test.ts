import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Fault } from "../../src/emulator/index.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { fill, MAIN, signpath } from "./support.js";

const CANARY = "canary+TOKEN/7f3a9c0d5e";
const emulator = useEmulator({ apiToken: CANARY });

afterEach(() => emulator().clearFaults());

const FORMS = [
  CANARY,
  encodeURIComponent(CANARY),
  Buffer.from(CANARY).toString("base64"),
  CANARY.slice(0, 12),
];

function expectNoCanary(text: string): void {
  for (const form of FORMS) expect(text).not.toContain(form);
}

const QUICKLY = {
  SIGNPATH_TIMEOUTS_RETRY_COUNT: "1",
  SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY: "0.01",
  SIGNPATH_DEBUG: "1",
};
const WRONG = `${CANARY}-wrong`;

describe("the token is in no output", () => {
  const cases: [string, NodeJS.ProcessEnv][] = [
    ["of a success", {}],
    ["of a wrong token", { SIGNPATH_API_TOKEN: WRONG }],
    ["of a refused connection", { SIGNPATH_API_URL: "http://127.0.0.1:9" }],
    ["of an unknown host", { SIGNPATH_API_URL: "https://signpath.invalid/Api" }],
    ["of a TLS failure", { SIGNPATH_API_URL: "https://127.0.0.1:9" }],
    ["of a malformed organization", { SIGNPATH_ORGANIZATION_ID: "no-uuid" }],
    ["of a malformed address", { SIGNPATH_API_URL: `https://user:${CANARY}@host/` }],
    ["of a token with a blank", { SIGNPATH_API_TOKEN: `Bearer ${CANARY}` }],
    ["of a token with a line break", { SIGNPATH_API_TOKEN: `${CANARY}\nmore` }],
    ["of an encrypted token", { SIGNPATH_API_TOKEN: `encrypted:${CANARY}` }],
  ];
  test.each(cases)("%s", async (_what, env) => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const options = { emulator: emulator(), cwd, env: { ...QUICKLY, ...env } };
    const sign = ["sign", "data", "--policy", "demo/p-256"];
    for (const args of [
      sign,
      [...sign, "--json", "--verbose"],
      ["policies", "--json"],
      ["certificate", "demo/p-256"],
    ]) {
      const { stdout, stderr } = await signpath(args, options);
      expectNoCanary(stdout + stderr);
    }
  });

  const faults: Fault[] = [
    { kind: "status", status: 401 },
    { kind: "status", status: 503, body: "html" },
    { kind: "status", status: 429, retryAfter: "0" },
    { kind: "html" },
    { kind: "redirect", location: `https://example.com/?t=${CANARY}` },
    { kind: "reset", when: "before" },
    { kind: "other-key" },
    { kind: "foreign-echo", field: "hash" },
  ];
  test("of a batch with --verbose that meets each fault, nor in what GitHub shows of it", async () => {
    const names = faults.map((_fault, index) => `file-${index}`);
    const cwd = fill(
      temporaryFolder(),
      Object.fromEntries([...names, "summary.md"].map((name) => [name, ""])),
    );
    for (const fault of faults) emulator().addFault({ route: "signingRequests", ...fault } as Fault);
    const env = { ...QUICKLY, GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(cwd, "summary.md") };
    const args = ["sign", ...names, "--policy", "demo/p-256", "--jobs", "1", "--verbose", "--timestamp"];
    const result = await signpath([...args, emulator().timestampUrl], { emulator: emulator(), cwd, env });
    const summary = readFileSync(join(cwd, "summary.md"), "utf8");
    expect(result.stderr).toMatch(/^apiToken: set \(variable SIGNPATH_API_TOKEN\)$/m);
    expect(result.stderr).toMatch(/^new connection: http/m);
    expect(result.stderr).toMatch(/^certificate: CN=p-256/m);
    expect(result.stderr).toMatch(/^fast signing request: failed, AUTHENTICATION_FAILED/m);
    expect(summary).toContain("### SignPath: failed");
    expectNoCanary(result.stdout + result.stderr + summary);
  });

  test("when the server repeats it", async () => {
    emulator().addFault({ kind: "status", status: 400, body: "text", route: "mySigningPolicies" });
    const { stdout, stderr } = await signpath(["policies", "--json"], { emulator: emulator(), env: QUICKLY });
    expectNoCanary(stdout + stderr);
  });

  test.each([
    ["malformed", `{ "ApiToken": "${CANARY}", `],
    ["not even an object", `"${CANARY}"`],
    ["with a token that is none", JSON.stringify({ ApiToken: `${CANARY} with blanks` })],
    ["with a token in the wrong place", JSON.stringify({ OrganizationId: CANARY, ApiUrl: 5 })],
    ["with a wrong token", undefined],
  ])("of a configuration file that is %s", async (_what, content) => {
    const { organizationId, apiUrl } = emulator();
    const config = { OrganizationId: organizationId, ApiUrl: apiUrl, ApiToken: WRONG };
    const cwd = fill(temporaryFolder(), { "c.json": content ?? JSON.stringify(config) });
    for (const flags of [[], ["--json"]]) {
      const result = await signpath(["policies", "--config", "c.json", ...flags], { cwd, env: QUICKLY });
      expect(result.status).not.toBe(0);
      expectNoCanary(result.stdout + result.stderr);
    }
  });

  test("nor in what the service keeps of the command line", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const before = emulator().signingRequests.length;
    const options = { emulator: emulator(), cwd };
    const args = ["sign", "data", "--policy", "demo/p-256", "--out", join(cwd, CANARY.replace("/", "_"))];
    expect((await signpath(args, options)).status).toBe(0);
    const [entry] = emulator().signingRequests.slice(before);
    expect(JSON.stringify(entry?.metadata)).toContain("sign data");
    expect(JSON.stringify(entry?.metadata)).not.toContain(CANARY);
  });
});

test("SIGNPATH_DEBUG adds where it happened", async () => {
  const args = ["policies"];
  const plain = await signpath(args, { emulator: emulator(), env: { SIGNPATH_API_TOKEN: WRONG } });
  expect(plain.stderr).not.toMatch(/^ +at /m);
  expect(plain.stderr.trimEnd().split("\n")).toHaveLength(3);
  const debug = await signpath(args, {
    emulator: emulator(),
    env: { SIGNPATH_API_TOKEN: WRONG, SIGNPATH_DEBUG: "1" },
  });
  expect(debug.stderr).toMatch(/^ +at /m);
});

test.runIf(process.platform === "linux")("the demo passes its emulator's token through a pipe", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  const seen: string[] = [];
  const running = signpath(["demo", "data", "--out", "out"], { cwd });
  let done = false;
  void running.then(() => {
    done = true;
  });
  while (!done) {
    seen.push(spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout ?? "");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const lines = seen
    .join("\n")
    .split("\n")
    // Other tests start emulators at the same time, but not for a demo.
    .filter((line) => line.includes(`${MAIN} emulator --json --until-stdin-closes`));
  expect(lines).not.toEqual([]);
  for (const line of lines) expect(line).toMatch(/emulator --json --until-stdin-closes$/);
});
