import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { sentTo } from "../../cms/support.js";
import { useEmulator } from "../../support/emulator.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill } from "../support.js";
import { SIGNPATH_GIT } from "./git-support.js";

const emulator = useEmulator();
const ROOT = join(import.meta.dirname, "../../../fixtures/cms/root.pem");
const fixture = (name: string): string => join(import.meta.dirname, "../../../fixtures/cms", name);

async function call(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = "content") {
  const { status, stdout, stderr } = await run(process.execPath, [SIGNPATH_GIT, ...args], {
    input,
    env: { PATH: process.env["PATH"], ...emulator().environment, ...env },
  });
  expect(stdout + stderr).not.toContain(emulator().apiToken);
  return { status, stdout, stderr };
}

it("says who it is and how it is used, without an account", async () => {
  const env = { SIGNPATH_API_TOKEN: "", SIGNPATH_API_URL: "" };
  expect(await call(["--version"], env)).toEqual({
    status: 0,
    stdout: `signpath-git ${manifest.version}\n`,
    stderr: "",
  });
  const { status, stdout, stderr } = await call(["--help"], env);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("git config gpg.x509.program signpath-git");
});

it.each<[string, readonly string[]]>([
  ["as git has it", ["--status-fd=2", "-bsau", "demo/p-256"]],
  ["in long form", ["--status-fd", "2", "--detach-sign", "--sign", "--armor", "--local-user", "demo/p-256"]],
  [
    "with what changes nothing",
    ["--status-fd=2", "--keyid-format=long", "--batch", "--no-tty", "--yes", "-q", "-bsau", "demo/p-256"],
  ],
])("signs when asked %s", async (_title, args) => {
  const { status, stdout, stderr } = await call(args);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^-----BEGIN SIGNED MESSAGE-----\n(?:[\w+/=]{1,64}\n)+-----END SIGNED MESSAGE-----\n$/,
  );
  expect(stderr).toMatch(/^\[GNUPG:\] SIG_CREATED D 301 8 00 \d{8}T\d{6} [0-9A-F]{40}\n$/);
});

it("writes no status lines unless they are asked for", async () => {
  const { status, stderr } = await call(["-bsau", "demo/rsa-2048"]);
  expect([status, stderr]).toEqual([0, ""]);
});

it.each<[readonly string[], RegExp]>([
  [[], /there is nothing to do/],
  [["--list-keys"], /signpath policies/],
  [["--list-secret-keys", "--with-colons", "--keyid-format=long"], /signpath policies/],
  [["-K"], /signpath policies/],
  [["--clearsign"], /Unknown option '--clearsign'/],
  [["-sau", "demo/p-256"], /use -bsau/],
  [["-bsu", "demo/p-256"], /use -bsau/],
  [["-bsa"], /git config user\.signingkey project\/policy/],
  [["-bsau"], /argument missing/],
  [["-bsau", "Somebody <somebody@example.com>"], /git config user\.signingkey project\/policy/],
  [["-bsau", "demo/p-256", "file"], /stdin alone/],
  [["--status-fd=3", "-bsau", "demo/p-256"], /--status-fd must be 1 or 2/],
  [["--verify", "signature"], /--verify needs/],
  [["--verify", "-", "content"], /must be in a file/],
  [["-bsau", "demo/p-256", "\u001b[2J"], /USAGE/],
])("refuses %j, and sends nothing", async (args, message) => {
  const before = sentTo(emulator());
  const { status, stdout, stderr } = await call(args);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("\u001b");
  expect(sentTo(emulator())).toBe(before);
});

it("keeps a token that was given as the key to itself", async () => {
  const { status, stdout } = await call(["-bsau", emulator().apiToken]);
  expect([status, stdout]).toEqual([1, ""]);
});

it("verifies what others made, from files as well", async () => {
  const args = ["--status-fd=1", "--verify", fixture("gpgsm-detached.p7s"), fixture("content.bin")];
  const { status, stdout, stderr } = await call(args, { SIGNPATH_GIT_ROOTS: ROOT });
  expect(stderr).toContain("signpath-git: signer: verified\n");
  expect(stdout).toMatch(
    /^\[GNUPG:\] NEWSIG\n\[GNUPG:\] GOODSIG [0-9A-F]{40} \/CN=.*\n\[GNUPG:\] VALIDSIG [0-9A-F]{40} \d{4}-\d\d-\d\d \d{8}T\d{6} \d{8}T\d{6} 0 0 1 8 00\n\[GNUPG:\] TRUST_FULLY 0 shell\n$/,
  );
  expect(status).toBe(0);
});

it.each<[string, readonly string[], NodeJS.ProcessEnv, number]>([
  ["a signature that is not there", ["/nowhere", "-"], { SIGNPATH_GIT_ROOTS: ROOT }, 3],
  ["content that is not there", [fixture("gpgsm-detached.p7s"), "/nowhere"], { SIGNPATH_GIT_ROOTS: ROOT }, 3],
  ["an attached signature", [fixture("openssl-attached.p7m"), "-"], { SIGNPATH_GIT_ROOTS: ROOT }, 6],
  ["what is no signature", [ROOT, "-"], { SIGNPATH_GIT_ROOTS: ROOT }, 6],
  ["no roots", [fixture("gpgsm-detached.p7s"), fixture("content.bin")], {}, 1],
  [
    "a gpgsm that is not there",
    [fixture("gpgsm-detached.p7s"), "-"],
    { SIGNPATH_GIT_VERIFIER: "gpgsm", PATH: dirname(ROOT) },
    3,
  ],
])("says ERRSIG of %s", async (_title, files, env, exitCode) => {
  const { status, stdout, stderr } = await call(["--status-fd=1", "--verify", ...files], env);
  expect(stdout).toBe("[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG 0000000000000000 0 0 00 0 1 -\n");
  expect(stderr).toMatch(/^signpath-git: [\w/]/);
  expect(status).toBe(exitCode);
});

it("gives gpgsm its arguments, its exit code and none of our settings", async () => {
  const folder = temporaryFolder();
  const script = '#!/bin/sh\necho "$@"\nenv | grep -i ^signpath_\ncat\nexit 7\n';
  fill(folder, { gpgsm: script });
  await run("chmod", ["+x", join(folder, "gpgsm")]);
  const env = { SIGNPATH_GIT_VERIFIER: "gpgsm", PATH: `${folder}:${process.env["PATH"]}` };
  const args = ["--status-fd=1", "--verify", "signature", "-"];
  expect(await call(args, env)).toEqual({ status: 7, stdout: `${args.join(" ")}\ncontent`, stderr: "" });
});
