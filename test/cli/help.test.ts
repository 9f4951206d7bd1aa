import { describe, expect, test } from "vitest";
import { VERSION } from "../../src/base/version.js";
import { wrapped } from "../../src/cli/help/wrapped.js";
import { everythingIn } from "../support/leaks.js";
import { commandNames, wholeTree } from "./help-support.js";
import { eventsOf, signpath } from "./support.js";

const COMMANDS = commandNames();
const CANARY = "canary+Token/7f3a9c0d5e==";

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

  test("has the many options of a command under headings", async () => {
    const { stdout } = await signpath(["sign", "--help"]);
    const headings = [
      "Options:",
      "CMS signatures:",
      "Some formats alone:",
      "Timestamps:",
      "Files and batches:",
      "Settings and output:",
    ];
    expect(headings.map((heading) => stdout.indexOf(`\n${heading}\n`)).every((at) => at > 0)).toBe(true);
    for (const { name, options } of wholeTree().commands.filter((each) => each.options.length > 12)) {
      const found = new Set(options.map(({ heading }) => heading));
      expect([name, found.size > 1]).toEqual([name, true]);
    }
  });

  test("is broken between words on a narrow terminal, but for what is to be copied", () => {
    const text = [
      "A signature appears whole or not at all.",
      "  cms  CMS SignedData, DER, detached unless --attached",
      "  signpath sign setup.msi --policy my-app/release --jobs 8",
    ].join("\n");
    expect(wrapped(text, 30).split("\n")).toEqual([
      "A signature appears whole or",
      "not at all.",
      "  cms  CMS SignedData, DER,",
      "       detached unless",
      "       --attached",
      "  signpath sign setup.msi --policy my-app/release --jobs 8",
    ]);
    expect(wrapped(text, 100)).toBe(text);
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
  test.each([
    [["init", "--ci", CANARY], "option '--ci <platform>' argument is invalid. Allowed choices are github"],
    [["init", `--ci=${CANARY}' is invalid`], "argument is invalid. Allowed choices are github"],
    [["init", "--ci", `x\n${CANARY}`], "argument is invalid. Allowed choices are github"],
    [["completion", CANARY], "command-argument value is invalid for argument 'shell'. Allowed choices"],
    [["sign", "a", "--jobs", CANARY], "argument is invalid. It must be a whole number"],
    [["verify", "a", "--at", CANARY], "argument is invalid. It must be a date"],
    [[CANARY], "unknown command"],
  ])("does not show what may be a token, whoever's it is: %j", async (args, message) => {
    for (const more of args[0] === "completion" ? [[]] : [[], ["--json"]]) {
      const { status, stdout, stderr } = await signpath([...args, ...more]);
      expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
      expect(stdout + stderr).not.toContain(CANARY);
    }
  });

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
    [["sign", "a", "--format", "csm"], "Allowed choices are auto, cms", "Did you mean cms?"],
    [
      ["sign", "a", "--hash", "SHA-265"],
      "Allowed choices are sha256, sha384, sha512",
      "Did you mean sha256?",
    ],
    [["completion", "bsh"], "Allowed choices are bash, zsh, fish", "Did you mean bash?"],
    [["init", "--ci", "gihtub"], "Allowed choices are github, gitlab", "Did you mean github?"],
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

  test.each([
    [`--api-token=${CANARY}`],
    [`--token=${CANARY}\n${CANARY}`],
    ["--api-token", CANARY],
    [`-t=${CANARY}`],
    [`--hash=${CANARY}`],
    ["--jobs", CANARY],
  ])("shows no token that was given in it: %j", async (...args) => {
    const env = { SIGNPATH_API_TOKEN: CANARY };
    for (const more of [[], ["--json"]]) {
      const result = await signpath(["sign", "a", ...args, ...more], { env });
      expect(result.status).toBe(1);
      expect(everythingIn(result)).not.toContain(CANARY);
    }
  });

  test.each([`--api-token=${CANARY}`, `--token=${CANARY}\n${CANARY}`, `-t=${CANARY}`])(
    "nor the value of an unknown option, where there is no token to compare it with: %j",
    async (option) => {
      const result = await signpath(["sign", "a", option, "--json"]);
      expect([result.status, everythingIn(result).includes(CANARY)]).toEqual([1, false]);
    },
  );

  test("says where the token belongs", async () => {
    const { stderr } = await signpath(["sign", "a", "--api-token=x"]);
    expect(stderr).toBe(
      "error: unknown option '--api-token'\nThe API token is no option, where others could read it: set SIGNPATH_API_TOKEN.\n",
    );
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
