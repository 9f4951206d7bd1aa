import os from "node:os";
import { describe, expect, it, vi } from "vitest";
import { buildFacts, metadataSource, scrubCommandLine } from "../../src/api/metadata.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { ORGANIZATION, TOKEN } from "./support.js";

const same = (text: string): string => text;

describe("a command line that is stored", () => {
  it.each<[string, string[], string]>([
    ["an option's value", ["sign", "--token", "CANARY", "file"], "sign --token *** file"],
    ["an option's value in one word", ["--api-token=CANARY"], "--api-token=***"],
    ["an option's value behind a colon", ["-ApiToken:CANARY"], "-ApiToken:***"],
    ["an option of Windows", ["/password", "CANARY", "/x"], "/password *** /x"],
    ["a property of MSBuild", ["/p:ApiToken=CANARY"], "/p:ApiToken=***"],
    ["a property among others", ["-p:Password=CANARY;A=B"], "-p:Password=***"],
    ["a variable", ["SIGNPATH_API_TOKEN=CANARY", "node"], "SIGNPATH_API_TOKEN=*** node"],
    ["a variable with an odd end", ["MY_PIN=CANARY"], "MY_PIN=***"],
    ["a passphrase", ["-passin", "pass:CANARY"], "-passin ***"],
    ["a passphrase by itself", ["pass:CANARY"], "pass:***"],
    ["a key store's password", ["-storepass", "CANARY", "-keypass", "CANARY"], "-storepass *** -keypass ***"],
    ["a PIN", ["--pin", "CANARY", "--pinned"], "--pin *** --pinned"],
    ["a header in one word", ["-H", "Authorization: Bearer CANARY"], "-H ***"],
    ["a header in its option", ["--header=X-Api-Key: CANARY"], "***"],
    ["a header in words", ["Authorization:", "Bearer", "CANARY", "x"], "Authorization:*** *** *** x"],
    ["a bearer token", ["bearer", "CANARY"], "bearer ***"],
    ["a command in a command", ["sh", "-c", "sign --token CANARY a b"], "sh -c ***"],
    ["credentials in an address", ["https://user:CANARY@host/x"], "https://***@host/x"],
    ["credentials in several addresses", ["a://CANARY@b,c://CANARY@d"], "a://***@b,c://***@d"],
    [
      "a query",
      ["https://u:CANARY@host/x?a=1&access_token=CANARY&b=2"],
      "https://***@host/x?a=1&access_token=***",
    ],
    ["the npm token", ["//npm.example/:_authToken=CANARY"], "//npm.example/:_authToken=***"],
    ["an access key", ["--aws-access-key", "CANARY"], "--aws-access-key ***"],
    ["a value over several lines", ["--secret=CANARY\nCANARY"], "***"],
    ["a secret at the end", ["--token"], "--token"],
  ])("does not show %s", (_what, argv, stored) => {
    expect(scrubCommandLine(argv, same)).toBe(stored);
  });

  it("shows everything else", () => {
    const argv = [
      "node",
      "/opt/token-service/run.js",
      "sign",
      "--out=a.p7s",
      "--hash",
      "sha256",
      "C:\\x\\a.exe",
    ];
    expect(scrubCommandLine(argv, same)).toBe(argv.join(" "));
    expect(scrubCommandLine(["https://host:8443/a?b=c#d", "me@host"], same)).toBe(
      "https://host:8443/a?b=c#d me@host",
    );
  });

  it.each([TOKEN, "AIk/token=x+Aa0="])("does not show the API token %s wherever it stands", (apiToken) => {
    const { token } = loadConfig({ organizationId: ORGANIZATION, apiToken }, {});
    const stored = scrubCommandLine(["x", apiToken, `-t${apiToken}y`], (text) => token.redact(text));
    expect(stored).toBe("x *** -t***y");
  });

  it("is cut, after the token was taken out", () => {
    const argv = [`${"x".repeat(990)}${TOKEN}${"y".repeat(100)}`, ..."z".repeat(5000)];
    const stored = scrubCommandLine(argv, (text) => text.replaceAll(TOKEN, "***"));
    expect(stored).toHaveLength(4000);
    expect(stored).toMatch(/^x{990}\*\*\*y{7} z z/);
  });

  it("takes no longer than it is long", () => {
    const begin = process.cpuUsage().user;
    for (const word of ["a", "token", "a.", "token=", "-"]) {
      scrubCommandLine([word.repeat(120_000 / word.length)], (text) => text);
    }
    expect(process.cpuUsage().user - begin).toBeLessThan(1_000_000);
  });
});

describe("the build", () => {
  const secrets = {
    GITHUB_TOKEN: "CANARY",
    CI_JOB_TOKEN: "CANARY",
    SYSTEM_ACCESSTOKEN: "CANARY",
    AWS_SECRET_ACCESS_KEY: "CANARY",
    SIGNPATH_API_TOKEN: "CANARY",
    HOME: "CANARY",
  };

  it.each([
    [
      "GitHub Actions",
      {
        GITHUB_RUN_ID: "42",
        GITHUB_SERVER_URL: "https://github.com/",
        GITHUB_REPOSITORY: "me/it",
        GITHUB_SHA: "abc",
        GITHUB_JOB: "sign",
      },
      { url: "https://github.com/me/it/actions/runs/42", commit: "abc", job: "sign" },
    ],
    [
      "GitLab",
      {
        GITLAB_CI: "true",
        CI_JOB_URL: "https://gitlab-ci-token:CANARY@gitlab.example/me/it/-/jobs/1",
        CI_COMMIT_SHA: "abc",
        CI_JOB_NAME: "sign",
      },
      { url: "https://***@gitlab.example/me/it/-/jobs/1", commit: "abc", job: "sign" },
    ],
    [
      "Azure Pipelines",
      {
        TF_BUILD: "True",
        SYSTEM_COLLECTIONURI: "https://dev.azure.com/me/",
        SYSTEM_TEAMPROJECT: "it",
        BUILD_BUILDID: "7",
        BUILD_SOURCEVERSION: "abc",
        AGENT_JOBNAME: "sign",
      },
      { url: "https://dev.azure.com/me/it/_build/results?buildId=7", commit: "abc", job: "sign" },
    ],
    [
      "Jenkins",
      {
        JENKINS_URL: "https://ci/",
        BUILD_URL: "https://ci/job/it/3/",
        GIT_COMMIT: "abc",
        JOB_NAME: "it",
      },
      { url: "https://ci/job/it/3/", commit: "abc", job: "it" },
    ],
    [
      "CircleCI",
      { CIRCLECI: "true", CIRCLE_BUILD_URL: "https://c/1", CIRCLE_SHA1: "abc", CIRCLE_JOB: "sign" },
      { url: "https://c/1", commit: "abc", job: "sign" },
    ],
    [
      "Buildkite",
      {
        BUILDKITE: "true",
        BUILDKITE_BUILD_URL: "https://b/1",
        BUILDKITE_COMMIT: "abc",
        BUILDKITE_LABEL: "sign",
      },
      { url: "https://b/1", commit: "abc", job: "sign" },
    ],
  ])("of %s is its address, commit and job, and no other variable", (_system, env, facts) => {
    expect(buildFacts({ ...secrets, ...env })).toEqual(facts);
  });

  it("has only what the variables tell, and is none outside of CI", () => {
    expect(buildFacts({ GITHUB_RUN_ID: "1", GITHUB_SHA: "abc", GITHUB_JOB: "" })).toEqual({ commit: "abc" });
    expect(buildFacts({ ...secrets, CI: "true" })).toBeUndefined();
    expect(buildFacts({})).toBeUndefined();
  });
});

describe("the metadata of a request", () => {
  function source(options: SignPathOptions = {}): ReturnType<typeof metadataSource> {
    return metadataSource(loadConfig({ organizationId: ORGANIZATION, apiToken: TOKEN, ...options }, {}));
  }

  it("is the process, the user and the build, in the words of either route", () => {
    vi.stubEnv("GITHUB_RUN_ID", "");
    vi.stubEnv("CIRCLECI", "true");
    vi.stubEnv("CIRCLE_JOB", "sign");
    vi.stubEnv("CIRCLE_TOKEN", "CANARY");
    for (const other of ["GITLAB_CI", "TF_BUILD", "JENKINS_URL"]) vi.stubEnv(other, "");
    const { constant, next } = source();
    const commandLine = expect.stringMatching(/node/);
    const user = os.userInfo().username;
    expect(constant).toBe(true);
    expect(JSON.parse(JSON.stringify(next()))).toEqual({
      payload: { CreatingProcess: { CommandLine: commandLine, User: user }, Build: { Job: "sign" } },
      signHash: {
        sourceProcess: {
          commandLine,
          user,
          operatingSystem: { type: os.type(), version: os.release(), architecture: os.arch() },
        },
        build: { job: "sign" },
      },
    });
  });

  it("has no user where the system knows none", () => {
    vi.spyOn(os, "userInfo").mockImplementation(() => {
      throw new Error("no such user");
    });
    expect(source().next()?.payload).toMatchObject({ CreatingProcess: { User: "" } });
  });

  it("is joined by the caller's, which wins", () => {
    const { constant, next } = source({ metadata: { ticket: 1, CreatingProcess: "mine" } });
    expect(constant).toBe(true);
    expect(next()?.payload).toMatchObject({ ticket: 1, CreatingProcess: "mine" });
    expect(next()?.signHash).toMatchObject({ ticket: 1, sourceProcess: {} });
  });

  it("has a command line without the API token", () => {
    const argv = process.argv;
    process.argv = [...argv, `--x${TOKEN}`, "--password", "CANARY"];
    try {
      expect(source().next()?.payload).toMatchObject({
        CreatingProcess: { CommandLine: expect.stringMatching(/ --x\*\*\* --password \*\*\*$/) },
      });
    } finally {
      process.argv = argv;
    }
  });

  it("can be switched off", () => {
    expect(source({ metadata: false }).next()).toBeUndefined();
  });
});
