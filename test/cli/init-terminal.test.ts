import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { useEmulator } from "../support/emulator.js";
import type { PseudoTerminal } from "../support/pseudo-terminal.js";
import { startOnTerminal } from "../support/pseudo-terminal.js";
import { temporaryFolder } from "../support/temporary.js";
import { testWith } from "../support/verifiers.js";
import { MAIN, namesIn } from "./support.js";

const emulator = useEmulator();

function start(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): PseudoTerminal {
  const base = { PATH: process.env["PATH"], TERM: "xterm" };
  return startOnTerminal([process.execPath, MAIN, "init", ...args], { cwd, env: { ...base, ...env } });
}

testWith(
  "script",
  "signpath init asks, lists the policies of the token, and takes no answer that is none",
  async () => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const cwd = temporaryFolder();
    const terminal = start(["--api-url", apiUrl], cwd, { SIGNPATH_API_TOKEN: apiToken });
    await terminal.shows("Id of the organization");
    terminal.type("acme\n");
    await terminal.shows("It must be a UUID");
    terminal.type(`${organizationId}\n`);
    await terminal.shows(/2 {2}demo\/rsa-3072\n.*The signing policy \(demo\/rsa-2048\)/s);
    terminal.type("99\n");
    await terminal.shows("It must be a number from 1 to");
    terminal.type("4\n");
    await terminal.shows("A job for (none)");
    terminal.type("gitlab\n");
    await terminal.shows("resource_group: signpath");
    expect(await terminal.ended).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, "signpath.json"), "utf8"))).toMatchObject({
      OrganizationId: organizationId,
      ProjectSlug: "demo",
      SigningPolicySlug: "p-256",
    });
    expect(terminal.screen()).not.toContain(apiToken);
  },
);

testWith("script", "signpath init works without a token, and with one that is refused", async () => {
  const { apiUrl, organizationId } = emulator();
  for (const env of [{}, { SIGNPATH_API_TOKEN: "another" }]) {
    const cwd = temporaryFolder();
    const terminal = start(["--api-url", apiUrl, "--organization", organizationId, "--ci", "none"], cwd, env);
    await terminal.shows("Slug of the project");
    expect(terminal.screen()).toContain(
      "SIGNPATH_API_TOKEN" in env ? "AUTHENTICATION_FAILED" : "Without SIGNPATH_API_TOKEN",
    );
    terminal.type("my-app\n");
    await terminal.shows("Slug of the signing policy");
    terminal.type("release\n");
    expect(await terminal.ended).toBe(0);
    expect(namesIn(cwd)).toEqual(["signpath.json"]);
  }
});

testWith("script", "Ctrl-C and the end of input end it, and nothing is written", async () => {
  for (const [key, exitCode, words] of [
    ["\x03", 130, "interrupted"],
    ["\x04", 1, "the questions were not answered: nothing was written"],
  ] as const) {
    const cwd = temporaryFolder();
    const terminal = start([], cwd);
    await terminal.shows("Id of the organization");
    terminal.type(key);
    expect([await terminal.ended, namesIn(cwd)]).toEqual([exitCode, []]);
    expect(terminal.screen()).toContain(words);
  }
});
