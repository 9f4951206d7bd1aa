import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Emulator } from "../../../src/emulator/index.js";
import type { RunResult } from "../../support/run.js";
import { run } from "../../support/run.js";
import { temporaryFolder } from "../../support/temporary.js";
import { pathOf } from "../../support/verifiers.js";

/** The program as it was built. */
export const SIGNPATH_GIT: string = fileURLToPath(
  new URL("../../../dist/bin/signpath-git.js", import.meta.url),
);

/** A commit or a tag as git stores it, and what of it is signed. */
export interface SignedObject {
  readonly raw: string;
  readonly content: string;
  /** DER. */
  readonly signature: Buffer;
}

/** A repository of its own, of which nothing depends on the machine's settings of git. */
export class Repository {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #token: string;

  private constructor(folder: string, env: NodeJS.ProcessEnv, token: string) {
    this.folder = folder;
    this.#env = env;
    this.#token = token;
  }

  /** @param key - user.signingkey, or null to leave it unset */
  static async create(
    { environment, apiToken }: Emulator,
    key: string | null,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Repository> {
    const home = temporaryFolder();
    const folder = join(home, "repository");
    mkdirSync(folder);
    const config = [
      "[user]\n name = A. Committer\n email = committer@example.com",
      key === null ? "" : ` signingkey = ${key}`,
      "[gpg]\n format = x509",
      `[gpg "x509"]\n program = ${SIGNPATH_GIT}`,
      "[commit]\n gpgsign = true",
      "[init]\n defaultBranch = main",
    ];
    writeFileSync(join(home, "gitconfig"), `${config.join("\n")}\n`);
    const own = {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: home,
      GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
      GIT_CONFIG_NOSYSTEM: "1",
    };
    const repository = new Repository(folder, { ...own, ...environment, ...env }, apiToken);
    await repository.succeed(["init", "--quiet"]);
    return repository;
  }

  /** Runs git to its end; the token is in nothing that is said. */
  async git(
    args: readonly string[],
    { env, input }: { env?: NodeJS.ProcessEnv; input?: string | Uint8Array } = {},
  ): Promise<RunResult> {
    const result = await run(pathOf("git"), args, {
      cwd: this.folder,
      env: { ...this.#env, ...env },
      input,
    });
    expect(result.stdout + result.stderr).not.toContain(this.#token);
    return result;
  }

  /** Runs signpath-git itself, as git does here: git 2.39 keeps what it says of a failure to itself. */
  async program(args: readonly string[], input = ""): Promise<RunResult> {
    const result = await run(SIGNPATH_GIT, args, { cwd: this.folder, env: this.#env, input });
    expect(result.stdout + result.stderr).not.toContain(this.#token);
    return result;
  }

  /** Runs git to its end, which must not fail. */
  async succeed(args: readonly string[], options?: Parameters<Repository["git"]>[1]): Promise<string> {
    const { status, stdout, stderr } = await this.git(args, options);
    if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  /** Makes a commit with a file of its own. */
  async commit(name: string, env?: NodeJS.ProcessEnv): Promise<RunResult> {
    writeFileSync(join(this.folder, name), `${name}\n`);
    await this.succeed(["add", name]);
    return this.git(["commit", "--quiet", "-m", `Add ${name}`], env === undefined ? {} : { env });
  }

  async read(name: string, type: "commit" | "tag"): Promise<SignedObject> {
    const { stdout: raw } = await this.git(["cat-file", type, name]);
    const header = /^gpgsig (.*(?:\n .*)*)\n/m;
    const footer = /^-----BEGIN SIGNED MESSAGE-----\n[\s\S]*$/m;
    const found = type === "commit" ? header.exec(raw)?.[1]?.replace(/^ /gm, "") : footer.exec(raw)?.[0];
    if (found === undefined) throw new Error(`${name} is not signed:\n${raw}`);
    const base64 = found.replace(/-----.*-----|\s/g, "");
    const content = raw.replace(type === "commit" ? header : footer, "");
    return { raw, content, signature: Buffer.from(base64, "base64") };
  }

  /** Stores an object as it is; gives its name. */
  write(type: "commit" | "tag", raw: string): Promise<string> {
    return this.succeed(["hash-object", "-w", "-t", type, "--stdin"], { input: raw });
  }
}
