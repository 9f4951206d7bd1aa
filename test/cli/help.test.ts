import { describe, expect, test } from "vitest";
import { VERSION } from "../../src/base/version.js";
import { eventsOf, signpath } from "./support.js";

const COMMANDS = ["sign", "policies", "certificate", "csr", "demo", "emulator"];

describe("help", () => {
  test("names each command, the settings and the exit codes, on stdout", async () => {
    const { status, stdout, stderr } = await signpath(["--help"]);
    expect([status, stderr]).toEqual([0, ""]);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(stdout).toContain("SIGNPATH_API_TOKEN");
    expect(stdout).toContain("SIGNPATH_CONFIG_FILE");
    for (const code of [0, 1, 2, 3, 4, 5, 6, 130, 143]) expect(stdout).toMatch(new RegExp(`\\b${code}  \\w`));
  });

  test.each(COMMANDS)("of %s has examples", async (command) => {
    for (const args of [
      [command, "--help"],
      ["help", command],
    ]) {
      const { status, stdout } = await signpath(args);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: signpath ${command}`));
      expect(stdout).toMatch(new RegExp(`Examples:\\n  signpath ${command}`));
    }
  });

  test("offers no option for the token", async () => {
    const texts = await Promise.all(COMMANDS.map(async (name) => (await signpath([name, "--help"])).stdout));
    expect(texts.join("\n")).not.toMatch(/^ *--[a-z-]*token/m);
  });

  test("fits a terminal of 100 columns", async () => {
    for (const args of [["--help"], ...COMMANDS.map((command) => [command, "--help"])]) {
      const { stdout } = await signpath(args);
      expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
    }
  });
});

test("the version is the package's", async () => {
  const { status, stdout } = await signpath(["--version"]);
  expect([status, stdout]).toEqual([0, `${VERSION}\n`]);
});

describe("a mistake in the command", () => {
  test("no command: the help, on stderr, and exit code 1", async () => {
    const { status, stdout, stderr } = await signpath([]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("Usage: signpath");
  });

  test.each([
    [["sing", "a"], "unknown command 'sing'", "Did you mean sign?"],
    [["sign", "a", "--polcy", "x/y"], "unknown option '--polcy'", "Did you mean --policy?"],
    [["sign"], "there is nothing to sign: name files", "--files-from"],
    [["sign", "a", "--jobs", "0"], "whole number from 1 to 256", ""],
    [["sign", "a", "--jobs", "2.5"], "whole number from 1 to 256", ""],
    [
      ["sign", "a", "--format", "zip"],
      "Allowed choices are auto, cms, raw, jws, pdf, authenticode, jar, xml",
      "",
    ],
    [["sign", "a", "--hash", "md5"], "Allowed choices are sha256, sha384, sha512", ""],
    [["sign", "a", "--hash", "sha1"], "Allowed choices are sha256, sha384, sha512", ""],
    [["sign", "a", "--padding", "oaep"], "Allowed choices are pkcs1, pss", ""],
    [["emulator", "--port", "65536"], "whole number from 0 to 65535", ""],
    [["policies", "demo", "surplus"], "too many arguments", ""],
    [["doctor", "--timeout", "0"], "whole number from 1 to 600", ""],
  ])("%j exits with 1 and says what is wrong", async (args, message, suggestion) => {
    const { status, stdout, stderr } = await signpath(args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(suggestion);
    expect(stderr).toMatch(/^error: /);
  });

  test("is an event with --json", async () => {
    const result = await signpath(["sign", "a", "--polcy", "x", "--json"]);
    expect(result.status).toBe(1);
    expect(eventsOf(result)).toEqual([
      {
        event: "failed",
        error: { name: "CliError", code: "USAGE", message: expect.stringContaining("--polcy") },
      },
      { event: "summary", exitCode: 1 },
    ]);
  });
});
