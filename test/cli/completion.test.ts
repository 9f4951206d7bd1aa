import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Shell } from "../../src/cli/completion/script.js";
import { startOnTerminal } from "../support/pseudo-terminal.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { pathOf, testWith } from "../support/verifiers.js";
import { commandNames, wholeTree } from "./help-support.js";
import { fill, signpath } from "./support.js";

/** What is typed, with tabs, and the arguments that come of it. */
const TYPED: readonly (readonly [string, readonly string[]])[] = [
  ["pol\t--js\t", ["policies", "--json"]],
  ["doctor --js\tx", ["doctor", "--json", "x"]],
  ["sign --hash sha3\tx", ["sign", "--hash", "sha384", "x"]],
  ["sign --hash=sha5\tx", ["sign", "--hash=sha512", "x"]],
  ["sign my\t", ["sign", "my file:1.txt"]],
  ["sign --certificates uni\t--keep\tu", ["sign", "--certificates", "unit.pem", "--keep-unstamped", "u"]],
  ["sign --policy un\tx", ["sign", "--policy", "unx"]],
  ["emulator --state d\tx", ["emulator", "--state", "d one/x"]],
  ["csr --format d\t", ["csr", "--format", "der"]],
  ["completion z\t", ["completion", "zsh"]],
  ["help cer\t", ["help", "certificate"]],
];

/** Has bash complete a line, as it does on a tab. */
const COMPLETE = [
  '. "$1"',
  "COMP_LINE=$2",
  'COMP_POINT=$(expr length "$2")',
  "shift 2",
  'COMP_WORDS=("$@")',
  "COMP_CWORD=$(($# - 1))",
  "_signpath 2>/dev/null",
  'printf "%s\\n" "$' + '{COMPREPLY[@]}"',
].join("\n");

/** A shell that reads none of its own files, and shows a prompt that is known. */
const STARTS: Readonly<Record<Shell, { command: readonly string[]; load: string }>> = {
  bash: { command: ["bash", "--norc", "--noprofile", "-i"], load: "PS1=REA''DY; . ./script" },
  zsh: {
    command: ["zsh", "-f", "-i"],
    load: "autoload -U compinit; compinit -u -D; . ./script; unsetopt beep; PS1=REA''DY",
  },
  fish: {
    command: ["fish", "--no-config", "-i"],
    load: "source ./script; function fish_prompt; echo -n REA''DY; end; set -g fish_autosuggestion_enabled 0",
  },
};

async function script(shell: Shell): Promise<string> {
  const { status, stdout, stderr } = await signpath(["completion", shell]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

describe.each(["bash", "zsh", "fish"] as const)("completion for %s", (shell) => {
  testWith(
    shell === "bash" ? "script" : ["script", shell],
    "completes what is typed on a terminal",
    async () => {
      const cwd = fill(temporaryFolder(), {
        "my file:1.txt": "",
        "unit.pem": "",
        "d.txt": "",
        script: await script(shell),
        signpath: `#!/bin/sh\n{ printf '%s\\037' "$@"; echo; } >> arguments\n`,
      });
      mkdirSync(join(cwd, "d one"));
      chmodSync(join(cwd, "signpath"), 0o755);
      const env = {
        PATH: `${cwd}:${process.env["PATH"]}`,
        HOME: cwd,
        XDG_CONFIG_HOME: cwd,
        XDG_DATA_HOME: cwd,
        TERM: "xterm",
        LANG: "C.UTF-8",
      };
      const { command, load } = STARTS[shell];
      const terminal = startOnTerminal(command, { cwd, env });
      terminal.type(`${load}\n`);
      await terminal.shows(/READY$/);
      const given = (): string[] =>
        existsSync(join(cwd, "arguments"))
          ? readFileSync(join(cwd, "arguments"), "utf8").split("\n").slice(0, -1)
          : [];
      for (const [index, [keys]] of TYPED.entries()) {
        terminal.type(`signpath ${keys}\n`);
        await vi.waitFor(() => expect(given()).toHaveLength(index + 1), { timeout: 20_000 });
        // What is typed ahead of the prompt is not completed by every shell.
        await terminal.shows(/READY$/);
      }
      expect(given().map((line) => line.split("\x1f").slice(0, -1))).toEqual(TYPED.map(([, args]) => args));
    },
    120_000,
  );

  test("knows every command and every option", async () => {
    const text = await script(shell);
    const { commands } = wholeTree();
    for (const { name, options } of commands) {
      expect(text).toContain(name);
      for (const { long } of options)
        expect(text).toContain(shell === "fish" ? `-l ${long.slice(2)} ` : long);
    }
  });
});

test("bash offers all commands, and the options and choices of one", async () => {
  const file = join(temporaryFolder(), "script");
  writeFileSync(file, await script("bash"));
  const offered = async (line: string, words: readonly string[]): Promise<string[]> => {
    const { stdout } = await run("bash", ["--norc", "-c", COMPLETE, "bash", file, line, ...words]);
    return stdout.split("\n").filter((word) => word !== "");
  };
  expect(await offered("signpath ", ["signpath", ""])).toEqual(expect.arrayContaining(commandNames()));
  expect(await offered("signpath sign --ti", ["signpath", "sign", "--ti"])).toEqual([
    "--timestamp",
    "--timestamp-roots",
    "--timestamp-order",
  ]);
  expect(await offered("signpath csr --hash ", ["signpath", "csr", "--hash", ""])).toEqual([
    "sha256",
    "sha384",
    "sha512",
  ]);
  expect(await offered("signpath verify --purpose=c", ["signpath", "verify", "--purpose", "=", "c"])).toEqual(
    ["codeSigning"],
  );
  expect(await offered("signpath policies ", ["signpath", "policies", ""])).toEqual([]);
});

testWith("fish", "fish shows what each command and option does", async () => {
  const file = join(temporaryFolder(), "script");
  writeFileSync(file, await script("fish"));
  const code = "source $argv[1]; complete -C $argv[2]";
  const offered = async (line: string): Promise<string> =>
    (await run(pathOf("fish"), ["--no-config", "-c", code, file, line])).stdout;
  expect(await offered("signpath ver")).toBe("verify\tverify a signature\n");
  expect(await offered("signpath sign --ha")).toMatch(/^--hash\tof the content.*\n$/);
  expect((await offered("signpath csr --padding ")).split("\n").map((line) => line.split("\t")[0])).toEqual([
    "pkcs1",
    "pss",
    "",
  ]);
});
