import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sentTo } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { openssl, testWith } from "../support/verifiers.js";
import { namesIn, signpath } from "./support.js";

const emulator = useEmulator();

async function text(path: string, form: "PEM" | "DER" = "PEM"): Promise<string> {
  const args = ["req", "-verify", "-noout", "-text", "-nameopt", "RFC2253", "-inform", form, "-in", path];
  const { stdout, stderr } = await openssl(args);
  expect(stderr).toMatch(/verify OK/);
  return stdout;
}

testWith("openssl", "csr makes a request with the name of the policy's certificate", async () => {
  const path = join(temporaryFolder(), "request.pem");
  const { status, stdout } = await signpath(["csr", "demo/rsa-2048"], { emulator: emulator() });
  expect(status).toBe(0);
  writeFileSync(path, stdout);
  expect(await text(path)).toMatch(/Subject: .*CN=rsa-2048.*sha256WithRSAEncryption/s);
});

testWith("openssl", "csr takes a subject, other names, a hash and a padding, and writes DER", async () => {
  const cwd = temporaryFolder();
  const subject = ["--subject", "CN=Äpfel & Söhne, O=Example Ltd."];
  const names = ["--dns", "sign.example", "--email", "us@example.com"];
  const form = ["--hash", "sha384", "--padding", "pss", "--format", "der", "--out", "request.der"];
  const args = ["csr", "demo/rsa-3072", ...subject, ...names, ...form, "--json"];
  const { status, stdout } = await signpath(args, { emulator: emulator(), cwd });
  expect(status).toBe(0);
  const event = { event: "request", policy: "demo/rsa-3072", output: "request.der" };
  expect(JSON.parse(stdout.split("\n")[0] ?? "")).toMatchObject(event);
  const said = await text(join(cwd, "request.der"), "DER");
  expect(said).toMatch(/DNS:sign\.example, email:us@example\.com/);
  expect(said).toMatch(/rsassaPss.*sha384/s);
});

test.each([
  [["csr", "demo/p-256", "--subject", "no name"], 1],
  [["csr", "demo/p-256", "--padding", "pss"], 1],
  [["csr", "demo/p-256", "--hash", "sha1"], 1],
  [["csr", "demo/unknown"], 1],
])("%j makes nothing and says why", async (args, exitCode) => {
  const cwd = temporaryFolder();
  const before = sentTo(emulator());
  const out = ["--out", "request.pem"];
  const { status, stdout, stderr } = await signpath([...args, ...out], { emulator: emulator(), cwd });
  expect([status, stdout]).toEqual([exitCode, ""]);
  expect(stderr).toMatch(/error: /);
  expect(namesIn(cwd)).toEqual([]);
  expect(sentTo(emulator())).toBe(before);
});

test("csr leaves what is there where it fails", async () => {
  const cwd = temporaryFolder();
  const path = join(cwd, "request.pem");
  writeFileSync(path, "what was there");
  emulator().addFault({ kind: "status", status: 403, count: 1, route: "signingRequests" });
  const { status } = await signpath(["csr", "demo/p-256", "--out", path], { emulator: emulator() });
  expect(status).toBe(2);
  expect(existsSync(path) && readFileSync(path, "utf8")).toBe("what was there");
});
