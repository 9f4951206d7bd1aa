import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { verifyWithPkijs } from "../../src/cli/demo/verify-with-pkijs.js";
import { signCms } from "../../src/cms/index.js";
import type { Emulator } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { SignPath } from "../../src/signpath.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";
import { eventsOf, failureCodes, fill, namesIn, signpath, start } from "./support.js";

/** A search path without openssl. */
const WITHOUT_OPENSSL = { PATH: "/nonexistent" };

testWith(
  "openssl",
  "signs its README and a large file in six ways each, all verified by openssl",
  async () => {
    const tmp = temporaryFolder();
    const { status, stdout, stderr } = await signpath(["demo"], { env: { TMPDIR: tmp } });
    expect(status).toBe(0);
    const rows = stdout.trimEnd().split("\n");
    expect(rows[0]).toMatch(/^FILE +FORMAT +ALGORITHM +BYTES +TIME +VERIFIED BY$/);
    expect(rows).toHaveLength(13);
    for (const row of rows.slice(1)) expect(row).toMatch(/ {2}OpenSSL \d\S*$/);
    const [folder = ""] = readdirSync(tmp);
    expect(folder).toMatch(/^signpath-demo-/);
    expect(stderr).toContain(join(tmp, folder));
    expect(namesIn(join(tmp, folder)).filter((name) => /\.(p7s|sig)$/.test(name))).toHaveLength(12);
    // The 64 MiB are gone.
    expect(namesIn(join(tmp, folder)).filter((name) => name.endsWith(".bin"))).toEqual([]);
    const [command = ""] = stderr.match(/openssl cms .*/) ?? [];
    expect((await run("sh", ["-c", command])).status).toBe(0);
  },
);

describe("with files of one's own", () => {
  test("it is verified by Node where there is no openssl", async () => {
    const cwd = fill(temporaryFolder(), { data: "some content", empty: "" });
    const args = ["demo", "data", "empty", "--out", "out", "--json"];
    const result = await signpath(args, { cwd, env: WITHOUT_OPENSSL });
    expect(result.status).toBe(0);
    const events = eventsOf(result).filter(({ event }) => event === "signed");
    expect(events).toHaveLength(12);
    for (const each of events)
      expect(each).toMatchObject({ verified: true, verifiedBy: `Node ${process.versions.node}` });
    expect(new Set(events.map(({ format }) => format))).toEqual(new Set(["cms", "pkijs", "raw"]));
    expect(new Set(events.map(({ policy }) => policy))).toEqual(new Set(["demo/rsa-2048", "demo/p-256"]));
    expect(eventsOf(result).at(-1)).toEqual({
      event: "summary",
      folder: join(cwd, "out"),
      signed: 12,
      verified: 12,
      exitCode: 0,
    });
  });

  test("outputs of files with the same name are kept apart", async () => {
    const cwd = fill(temporaryFolder(), { data: "one" });
    fill(join(cwd, "other"), { data: "two" });
    const args = ["demo", "data", "other/data", "--out", "out"];
    expect((await signpath(args, { cwd })).status).toBe(0);
    const names = namesIn(join(cwd, "out")).filter((name) => name.endsWith(".sig"));
    expect(names).toEqual(["2-data.p-256.sig", "2-data.rsa-2048.sig", "data.p-256.sig", "data.rsa-2048.sig"]);
  });

  test("the settings of the shell do not matter", async () => {
    const cwd = fill(temporaryFolder(), { data: "x" });
    const env = {
      SIGNPATH_API_URL: "https://signpath.invalid",
      SIGNPATH_API_TOKEN: "not to be used",
      SIGNPATH_CONFIG_FILE: "/nonexistent",
      SIGNPATH_ROUTE: "asynchronous",
      HTTP_PROXY: "http://127.0.0.1:9",
    };
    expect((await signpath(["demo", "data", "--out", "out"], { cwd, env })).status).toBe(0);
  });

  test("one that does not exist exits with 3 before anything begins", async () => {
    const cwd = temporaryFolder();
    const result = await signpath(["demo", "gone", "--out", "out", "--json"], { cwd });
    expect([result.status, failureCodes(result)]).toEqual([3, ["INPUT_UNREADABLE"]]);
    expect(namesIn(cwd)).toEqual([]);
  });
});

test("a signature that is not verified exits with 6", async () => {
  const cwd = fill(temporaryFolder(), { data: "x" });
  // A verifier that says no to everything but its version.
  fill(join(cwd, "bin"), {
    openssl: '#!/bin/sh\n[ "$1" = version ] && echo "Doubter 1.0" || { echo "no, never" >&2; exit 1; }\n',
  });
  chmodSync(join(cwd, "bin", "openssl"), 0o755);
  const env = { PATH: `${join(cwd, "bin")}:${process.env["PATH"]}` };
  const { status, stdout, stderr } = await signpath(["demo", "data", "--out", "out"], { cwd, env });
  expect(status).toBe(6);
  expect(stdout.match(/NOT VERIFIED \(Doubter 1\.0\)/g)).toHaveLength(6);
  expect(stderr).toContain("no, never");
});

test("Ctrl-C ends it and its emulator, and removes the large file", async () => {
  const cwd = temporaryFolder();
  const running = start(["demo", "--out", "out"], { cwd });
  await vi.waitFor(() => expect(running.stderr()).toContain("3 formats"), { timeout: 20_000 });
  running.child.kill("SIGINT");
  expect((await running.ended).status).toBe(130);
  expect(namesIn(join(cwd, "out")).filter((name) => /\.(bin|tmp)$/.test(name))).toEqual([]);
});

test.runIf(process.platform === "linux")("an emulator does not outlive a demo that was killed", async () => {
  const cwd = temporaryFolder();
  const running = start(["demo", "--out", "out"], { cwd });
  await vi.waitFor(() => expect(running.stderr()).toContain("3 formats"), { timeout: 20_000 });
  const children = readFileSync(`/proc/${running.child.pid}/task/${running.child.pid}/children`, "utf8");
  const emulator = children
    .trim()
    .split(" ")
    .map(Number)
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--until-stdin-closes"));
  expect(emulator).toBeDefined();
  running.child.kill("SIGKILL");
  await running.ended;
  await vi.waitFor(() => expect(() => process.kill(emulator ?? 0, 0)).toThrow("ESRCH"), { timeout: 10_000 });
});

describe("Node's verification", () => {
  const signed = async (): Promise<{ emulator: Emulator; signature: Uint8Array }> => {
    const emulator = await startEmulator();
    const { apiUrl, organizationId, apiToken } = emulator;
    const client = new SignPath({ apiUrl, organizationId, apiToken });
    onTestFinished(async () => {
      await client.close();
      await emulator.close();
    });
    const policy = await client.policy("demo/p-256");
    const certificates = [emulator.intermediateCertificate];
    return { emulator, signature: await signCms(Buffer.from("content"), { policy, certificates }) };
  };

  test("takes what is good, and neither other content nor another authority", async () => {
    const { emulator, signature } = await signed();
    const { rootCertificate } = emulator;
    const other = await startEmulator();
    onTestFinished(() => other.close());
    const content = Buffer.from("content");
    expect(await verifyWithPkijs(content, signature, rootCertificate)).toBe(undefined);
    expect(await verifyWithPkijs(Buffer.from("Content"), signature, rootCertificate)).toEqual(
      expect.any(String),
    );
    expect(await verifyWithPkijs(Buffer.from(""), signature, rootCertificate)).toEqual(expect.any(String));
    expect(await verifyWithPkijs(content, signature, other.rootCertificate)).toEqual(expect.any(String));
    const last = signature.length - 1;
    signature[last] = (signature[last] ?? 0) ^ 1;
    expect(await verifyWithPkijs(content, signature, rootCertificate)).toEqual(expect.any(String));
  });
});
