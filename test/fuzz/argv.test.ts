import { channel } from "node:diagnostics_channel";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, expect } from "vitest";
import { runProgram } from "../../src/cli/program.js";
import { Session } from "../../src/cli/shell/session.js";
import { useEmulator } from "../support/emulator.js";
import { temporaryFolder } from "../support/temporary.js";
import { HOSTILE_NAMES } from "./arbitraries.js";
import { PEM } from "./certificates.js";
import { fuzzAsync } from "./harness.js";
import { CANARY, expectNoCanary } from "./oracles.js";

const emulator = useEmulator({ apiToken: CANARY });
const folder = temporaryFolder();
const home = process.cwd();
/** What is told of requests to whoever listens: one listener for each run would be too many. */
const requests = channel("signpath:request");

const INPUTS = ["data", "more data", "-dash", "issuers.pem", "config.json"];

beforeAll(() => {
  process.chdir(folder);
  for (const name of INPUTS) writeFileSync(name, name);
  writeFileSync("issuers.pem", PEM.join(""));
  writeFileSync("config.json", JSON.stringify({ SigningPolicySlug: "p-256", ProjectSlug: "demo" }));
  Object.assign(process.env, emulator().environment, { SIGNPATH_TIMEOUTS_RETRY_COUNT: "0" });
  Object.defineProperty(requests, "subscribe", { value: () => undefined, configurable: true });
});
afterAll(() => {
  process.chdir(home);
  Reflect.deleteProperty(requests, "subscribe");
  for (const name of Object.keys(process.env)) if (name.startsWith("SIGNPATH_")) delete process.env[name];
});

/** Values of options, right and wrong. None leads out of the folder. */
const VALUES = [
  "cms",
  "raw",
  "auto",
  "jws",
  "pdf",
  "xml",
  "jar",
  "authenticode",
  "*",
  "**/d*",
  "[!a]{x",
  "pem",
  "der",
  "ieee",
  "sha256",
  "sha512",
  "SHA256",
  "sha1",
  "pkcs1",
  "pss",
  "demo/p-256",
  "demo/p-521",
  "demo/rsa-2048",
  "demo/none",
  "demo",
  "/",
  "a/b/c",
  "demo/p-256/",
  "1",
  "4",
  "0",
  "-1",
  "257",
  "1e3",
  "0x10",
  " 4",
  "99999999999999999999",
  "",
  " ",
  "out",
  "out.sig",
  "missing/out",
  "missing.pem",
  ".",
  "data\u0000",
  "\u001b[2J\u202e",
  "\ud800",
  "x".repeat(300),
  ...INPUTS,
  ...HOSTILE_NAMES.filter((name) => name !== CANARY),
];

const OPTIONS = [
  "--policy",
  "--format",
  "--attached",
  "--hash",
  "--padding",
  "--ecdsa-format",
  "--certificates",
  "--chain",
  "--out",
  "--in-place",
  "--base-dir",
  "--files-from",
  "--null",
  "--exclude",
  "--reason",
  "--description",
  "--jobs",
  "--config",
  "--json",
  "--verbose",
  "--help",
  "-h",
  "-V",
  "--version",
  "--nope",
  "-x",
  "--",
  "--__proto__",
  "--constructor",
  "--no-json",
  "--json=x",
];

const words = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...OPTIONS) },
  { weight: 5, arbitrary: fc.constantFrom(...VALUES) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...OPTIONS), fc.constantFrom(...VALUES))
      .map(([name, value]) => `${name}=${value}`),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }).map((text) => text.replace(/[/\\]/g, "_")) },
);
const pairs = fc.oneof(
  { weight: 1, arbitrary: words.map((word) => [word]) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...OPTIONS), fc.constantFrom(...VALUES)) },
);
const rest = fc.array(pairs, { maxLength: 5 }).map((list) => list.flat());

const commands = fc.oneof(
  { weight: 6, arbitrary: rest.map((more) => ["sign", ...more]) },
  { weight: 2, arbitrary: rest.map((more) => ["sign", "data", "--policy", "demo/p-256", ...more]) },
  { weight: 2, arbitrary: rest.map((more) => ["certificate", ...more]) },
  { weight: 1, arbitrary: rest.map((more) => ["policies", ...more]) },
  // What runs until it is ended, or for seconds, is given twice what no command takes.
  { weight: 1, arbitrary: rest.map((more) => ["emulator", ...more, "--nope", "--nope"]) },
  { weight: 1, arbitrary: rest.map((more) => ["demo", ...more, "--nope", "--nope"]) },
  { weight: 1, arbitrary: rest.map((more) => ["help", ...more]) },
  { weight: 2, arbitrary: rest },
);

/** One session for all runs: each new one would listen to the process's streams and signals. */
const session = new Session();
Object.defineProperty(session.interruption, "listen", { value: () => undefined });

interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[]): Promise<Result> {
  const texts = { stdout: "", stderr: "" };
  const streams = { stdout: process.stdout.write, stderr: process.stderr.write };
  const stdin = Object.getOwnPropertyDescriptor(process, "stdin");
  Object.defineProperty(process, "stdin", { value: Readable.from([]), configurable: true });
  for (const name of ["stdout", "stderr"] as const) {
    process[name].write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
      texts[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
      const done = more.at(-1);
      if (typeof done === "function") done();
      return true;
    };
  }
  session.exitCode = 0;
  session.output.json = false;
  session.output.verbose = false;
  try {
    await runProgram(args, session).catch((error: unknown) => {
      session.exitCode = session.report(error);
    });
  } finally {
    process.stdout.write = streams.stdout;
    process.stderr.write = streams.stderr;
    if (stdin !== undefined) Object.defineProperty(process, "stdin", stdin);
  }
  return { exitCode: session.exitCode, ...texts };
}

function submissions(): number {
  return emulator().signingRequests.length;
}

function tidy(): void {
  for (const name of readdirSync(folder))
    if (!INPUTS.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Commands that start a process or go on until they are ended: they are only to refuse. */
const PROCESSES: ReadonlySet<string> = new Set(["demo", "emulator"]);

fuzzAsync("argv", "any command line ends with an exit code and words, and signs nothing it was not told to", {
  inputs: commands,
  check: async (given) => {
    const before = submissions();
    const args = given.flatMap((arg) => (PROCESSES.has(arg) ? [arg, "--no-such-option"] : [arg]));
    const { exitCode, stdout, stderr } = await run(args);
    if (!(exitCode >= 0 && exitCode <= 6)) throw new Error(`exit code ${exitCode}`);
    expectNoCanary(stdout);
    expectNoCanary(stderr);
    if (/^ +at .*:\d+:\d+\)?$/m.test(stderr)) throw new Error(`there is a stack: ${stderr}`);
    if (stderr.includes("UNEXPECTED")) throw new Error(stderr);
    const signed = submissions() - before;
    if (exitCode !== 0) {
      if (stderr.trim() === "") throw new Error(`exit code ${exitCode}, and not a word`);
      if (exitCode <= 2 && signed > 0) throw new Error(`${signed} were signed, and the usage was wrong`);
    }
    if (signed > 0) expect(args[0]).toBe("sign");
    if (args.includes("--json") && exitCode !== 0 && stdout.includes("{"))
      for (const line of stdout.trim().split("\n")) JSON.parse(line);
    for (const name of INPUTS) if (!existsSync(join(folder, name))) throw new Error(`${name} is gone`);
    tidy();
  },
});
