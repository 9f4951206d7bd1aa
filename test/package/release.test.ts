import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunResult } from "../support/run.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const script = join(import.meta.dirname, "../../.ci/release.mjs");
const TODAY = new Date().toISOString().slice(0, 10);
const REPOSITORY = { type: "git", url: "git+https://github.com/example/signer.git" };
const CHANGES = `# Changes\n\n## 1.2.3 - ${TODAY}\n\n- One.\n\n## 1.2.2 - 2020-02-29\n\n- Older.\n`;

interface Project {
  readonly manifest?: object;
  readonly locked?: string;
  readonly changes?: string;
  readonly tag?: string;
  readonly uncommitted?: boolean;
  readonly moreCommits?: boolean;
}

/** A project at version 1.2.3 that can be released, but for what is said. */
function project({
  manifest,
  locked = "1.2.3",
  changes = CHANGES,
  tag = "v1.2.3",
  ...rest
}: Project): string {
  const root = temporaryFolder();
  const write = (name: string, content: string): void => writeFileSync(join(root, name), content);
  const git = (...args: readonly string[]): Buffer =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], { cwd: root });
  const facts = { name: "signer", version: "1.2.3", repository: REPOSITORY, ...manifest };
  write("package.json", JSON.stringify(facts));
  write("package-lock.json", JSON.stringify({ version: locked, packages: { "": { version: locked } } }));
  write("CHANGELOG.md", changes);
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  git("tag", tag);
  if (rest.moreCommits) git("commit", "-qm", "second", "--allow-empty");
  if (rest.uncommitted) write("left.txt", "");
  return root;
}

function release(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  return run(process.execPath, [script, ...args], { cwd, env: { PATH: process.env["PATH"], ...env } });
}

test("a version with its tag, its date and its changes is ready", async () => {
  const env = { GITHUB_REPOSITORY: "Example/signer", GITHUB_SERVER_URL: "https://github.com" };
  const { status, stdout, stderr } = await release(project({}), ["v1.2.3"], env);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`release: signer 1.2.3 of ${TODAY} is ready\n`);
});

test("--notes prints the changes of the version, and --dist-tag keeps a preview from being the latest", async () => {
  const root = project({});
  expect((await release(root, ["--notes"])).stdout).toBe("- One.\n");
  expect((await release(root, ["--dist-tag"])).stdout).toBe("latest\n");
  expect((await release(root, ["--name"])).stdout).toBe("signer@1.2.3\n");
  const preview = project({ manifest: { version: "2.0.0-rc.1" } });
  expect((await release(preview, ["--dist-tag"])).stdout).toBe("next\n");
});

test.each<[string, Project, string, string?]>([
  ["a tag of another version", {}, "the tag is v9.9.9, the version 1.2.3: it must be v1.2.3", "v9.9.9"],
  ["a tag that is not there", { tag: "other" }, "there is no tag v1.2.3"],
  ["a tag of another commit", { moreCommits: true }, "v1.2.3 is another commit than this one"],
  ["a file that is not committed", { uncommitted: true }, "not committed: left.txt"],
  ["a lock of another version", { locked: "1.2.2" }, "package-lock.json says 1.2.2, package.json 1.2.3"],
  ["no version", { manifest: { version: "1.2" } }, "1.2 in package.json is no version"],
  ["a private package", { manifest: { private: true } }, "package.json is private"],
  ["no repository", { manifest: { repository: undefined } }, "package.json has no repository"],
  [
    "no section",
    { changes: "# Changes\n\n## 1.2.2 - 2020-01-01\n\n- A.\n" },
    'no section "## 1.2.3 - YYYY-MM-DD"',
  ],
  ["no date", { changes: "# Changes\n\n## 1.2.3\n\n- A.\n" }, "nothing in CHANGELOG.md is no date"],
  [
    "a day that is none",
    { changes: "# Changes\n\n## 1.2.3 - 2021-02-29\n\n- A.\n" },
    "2021-02-29 in CHANGELOG.md is no",
  ],
  [
    "a day to come",
    { changes: "# Changes\n\n## 1.2.3 - 2999-01-01\n\n- A.\n" },
    "2999-01-01 in CHANGELOG.md is in the future",
  ],
  [
    "no changes",
    { changes: `# Changes\n\n## [1.2.3] - ${TODAY}\n\n### Added\n` },
    "nothing to say about 1.2.3",
  ],
  [
    "a newer section",
    { changes: `# Changes\n\n## 2.0.0 - 2020-01-01\n\n- A.\n\n${CHANGES}` },
    "2.0.0 stands before 1.2.3",
  ],
  [
    "changes that are unreleased",
    { changes: CHANGES.replace("## 1.2.3", "## Unreleased\n\n- B.\n\n## 1.2.3") },
    "has changes under Unreleased",
  ],
])("%s is named", async (_what, facts, problem, tag = "v1.2.3") => {
  const { status, stdout, stderr } = await release(project(facts), [tag]);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`release: `);
  expect(stderr).toContain(problem);
});

test("a repository that is not where the workflow runs is named", async () => {
  const { status, stderr } = await release(project({}), ["v1.2.3"], { GITHUB_REPOSITORY: "somebody/else" });
  expect(status).toBe(1);
  expect(stderr).toBe(
    "release: package.json names https://github.com/example/signer, but this is https://github.com/somebody/else\n",
  );
});
