import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openContext } from "../../../src/cli/doctor/open.js";
import { conclude, tellOf } from "../../../src/cli/doctor/report.js";
import { diagnose } from "../../../src/cli/doctor/run.js";
import { STAGES } from "../../../src/cli/doctor/stages.js";
import { PLAIN } from "../../../src/cli/shell/style.js";
import { eventually } from "../../support/eventually.js";
import { temporaryFolder } from "../../support/temporary.js";
import { eventsOf, fill, namesIn, signpath, start } from "../support.js";
import { CANARY, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();
const DOCUMENT = new URL("../../../docs/doctor.md", import.meta.url);

afterEach(() => emulator().clearFaults());

function expectNoCanary(text: string): void {
  for (const form of [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString("base64")])
    expect(text).not.toContain(form);
}

describe("signpath doctor", () => {
  test("is a list, with what there is to do at its end; nothing is signed and nothing is written", async () => {
    const cwd = temporaryFolder();
    fill(join(cwd, "node_modules/jose"), { "package.json": '{ "version": "0.0.1" }' });
    const args = ["doctor", "demo/p-256", "--timestamp", emulator().timestampUrl, "--verbose"];
    const { status, stdout, stderr } = await signpath(args, { emulator: emulator(), cwd });
    expect(status).toBe(0);
    // Signing takes none from the folder that it is run in.
    expect(stdout).toMatch(/^ok +toolkits +.*\bjose [1-9]/m);
    expect(stdout).toMatch(/^ok +token +the API token is accepted \(variable SIGNPATH_API_TOKEN\)$/m);
    expect(stdout).toMatch(/^ok +timestamp +http:.*gives a timestamp that holds/m);
    expect(stdout).toMatch(/\nwarning: chain: demo\/p-256: .*\n {2}Name a file .*\n {2}CHAIN_INCOMPLETE\n/);
    expect(stdout).toMatch(
      /\n0 errors, \d warnings?, \d+ ok, 3 skipped\. No signature was spent, and nothing was written\.\n$/,
    );
    expect(stderr).toContain("list of signing policies: status 200");
    expectNoCanary(stdout + stderr);
    expect([namesIn(cwd), emulator().signingRequests]).toEqual([["node_modules"], []]);
  });

  test("has colours where they are wanted, and --quiet leaves out what is in order", async () => {
    const options = { emulator: emulator(), env: { FORCE_COLOR: "1" } };
    const coloured = await signpath(["doctor", "demo/p-256"], options);
    expect(coloured.stdout).toContain("\u001b[32mok     \u001b[39m  token");
    expect(coloured.stdout).toContain("\n\u001b[33mwarning:\u001b[39m chain: ");
    const { stdout } = await signpath(["doctor", "demo/p-256", "--quiet", "--no-color"], options);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toMatch(/^(?:ok|skipped) /m);
    expect(stdout).toMatch(/^warning +chain +demo\/p-256: /m);
  });

  test.each<[number, string[], NodeJS.ProcessEnv, string, string]>([
    [1, ["demo/gpg"], {}, "policies", "POLICY_UNUSABLE"],
    [1, [], { SIGNPATH_API_TOKEN: `Bearer ${CANARY}` }, "settings", "CONFIG_INVALID"],
    [2, [], { SIGNPATH_API_TOKEN: `${CANARY}-wrong` }, "token", "AUTHENTICATION_FAILED"],
    [4, [], { SIGNPATH_API_URL: "http://127.0.0.1:9/Api" }, "connection", "CONNECTION_FAILED"],
    [5, ["--timestamp", "http://127.0.0.1:9"], {}, "timestamp", "TIMESTAMP_FAILED"],
  ])("exits with %i where %j", async (exitCode, args, env, stage, code) => {
    const result = await signpath(["doctor", ...args, "--json", "--verbose"], { emulator: emulator(), env });
    expect(result.status).toBe(exitCode);
    expectNoCanary(result.stdout + result.stderr);
    const events = eventsOf(result);
    expect(events.at(-1)).toMatchObject({ event: "summary", errors: 1, signaturesSpent: 0, exitCode });
    const [error] = events.filter(({ status }) => status === "error");
    expect(error).toMatchObject({
      event: "finding",
      stage,
      code,
      found: expect.any(String),
      ms: expect.any(Number),
    });
  });

  test("is ended by Ctrl-C, while the service says nothing", async () => {
    emulator().addFault({ kind: "silence", route: "mySigningPolicies" });
    const before = emulator().requests.length;
    const running = start(["doctor", "--json"], { emulator: emulator() });
    await eventually(() => expect(emulator().requests.length).toBeGreaterThan(before));
    running.child.kill("SIGINT");
    const result = await running.ended;
    expect(result.status).toBe(130);
    expect(eventsOf(result).at(-1)).toEqual({ event: "summary", interrupted: true, exitCode: 130 });
  });
});

describe("docs/doctor.md", () => {
  const text = readFileSync(DOCUMENT, "utf8");

  test("has each stage in its order", () => {
    expect([...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)).toEqual(
      STAGES.map(({ name }) => name),
    );
  });

  test("shows what is printed (npx vitest run test/cli/doctor -u renews it)", async () => {
    const at = (day: string): Date => new Date(`${day}T12:00:00Z`);
    const rotated = { newKey: false, validFrom: at("2025-02-10"), validTo: at("2026-02-10") };
    await emulator().rotateCertificate("rsa-3072", rotated);
    const printed = await printedBy(["demo/rsa-3072"], at("2026-02-01"), {
      ...emulator().environment,
      SIGNPATH_TIMESTAMP_URLS: "http://127.0.0.1:9/tsa",
    });
    const shown = printed
      .replaceAll(new URL(emulator().apiUrl).host, "127.0.0.1:8080")
      .replaceAll(/\[\d[\d.]* m?s\]/g, "[3 ms]")
      .replaceAll(/\b\d+ ms\)/g, "3 ms)")
      .replace(/within \d s/, "within 1 s");
    const block = `<!-- example -->\n\`\`\`console\n$ signpath doctor demo/rsa-3072\n${shown}\`\`\`\n<!-- /example -->`;
    const renewed = text.replace(/<!-- example -->[\s\S]*<!-- \/example -->/, () => block);
    await expect(renewed).toMatchFileSnapshot(DOCUMENT.pathname);
  });
});

/** What people get to read, on one certain Node.js at one certain time, and where no toolkit is. */
async function printedBy(
  policies: readonly string[],
  now: Date,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { context, close } = openContext(policies, { timeout: 10 }, env, new AbortController().signal);
  const machine = { ...context, nodeVersion: "24.4.0", folder: "/", now: () => now.getTime() };
  const lines: string[] = [];
  const paper = {
    json: false,
    quiet: false,
    style: PLAIN,
    event: () => undefined,
    data: (text: string | Uint8Array) => {
      lines.push(String(text));
    },
  };
  conclude(await diagnose(STAGES, machine, (finding) => tellOf(finding, paper)), paper);
  await close();
  return lines.join("");
}
