import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { SignPath } from "../../src/index.js";
import { useEmulator } from "../support/emulator.js";
import { everythingIn } from "../support/leaks.js";
import { temporaryFolder } from "../support/temporary.js";
import { eventsOf, failureCodes, fill, namesIn, PERMISSIONS_COUNT, signpath } from "./support.js";

const ORGANIZATION = "de300000-0000-4000-8000-000000000000";
const CANARY = "canary+Token/7f3a9c0d5e==";

const emulator = useEmulator();

describe("what signpath init writes", () => {
  test("is a configuration file that our own loader reads, and that signs", async () => {
    const { apiUrl, apiToken, organizationId } = emulator();
    const cwd = fill(temporaryFolder(), { data: "x" });
    const args = [
      "init",
      "--organization",
      organizationId.toUpperCase(),
      "--policy",
      "demo/p-256",
      "--api-url",
      apiUrl,
    ];
    const { status, stdout, stderr } = await signpath(args, { cwd });
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("written: signpath.json\n");
    const configFile = join(cwd, "signpath.json");
    expect(JSON.parse(readFileSync(configFile, "utf8"))).toEqual({
      OrganizationId: organizationId,
      ApiUrl: apiUrl,
      ProjectSlug: "demo",
      SigningPolicySlug: "p-256",
    });
    const config = loadConfig({ configFile, apiToken }, {});
    expect(config.sources).toMatchObject({ organizationId: "file", apiUrl: "file", projectSlug: "file" });
    const client = new SignPath({ configFile, apiToken });
    expect((await client.policy()).reference).toBe("demo/p-256");
    await client.close();
    const env = { SIGNPATH_API_TOKEN: apiToken, SIGNPATH_CONFIG_FILE: "signpath.json" };
    expect((await signpath(["sign", "data", "--format", "raw"], { cwd, env })).status).toBe(0);
    expect(namesIn(cwd)).toEqual(["data", "data.sig", "signpath.json"]);
  });

  test("goes where it is told, with the job of a CI on stdout or in its file", async () => {
    const cwd = temporaryFolder();
    const args = ["init", "--organization", ORGANIZATION, "--ci", "github", "--config", "ci/sign path.json"];
    const printed = await signpath(args, { cwd });
    expect([printed.status, namesIn(cwd)]).toEqual([0, ["ci"]]);
    expect(printed.stdout).toContain('SIGNPATH_CONFIG_FILE: "ci/sign path.json"');
    const written = await signpath([...args, "--write", "--force", "--json"], { cwd });
    expect(eventsOf(written).map(({ event }) => event)).toEqual(["written", "written", "recipe", "summary"]);
    expect(readFileSync(join(cwd, ".github/workflows/signpath.yml"), "utf8")).toBe(printed.stdout);
  });

  test("takes the organization from the environment, and asks nothing without a terminal", async () => {
    const cwd = temporaryFolder();
    const env = { SIGNPATH_ORGANIZATION_ID: ORGANIZATION };
    expect((await signpath(["init", "--yes"], { cwd, env })).status).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, "signpath.json"), "utf8"))).toEqual({
      OrganizationId: ORGANIZATION,
    });
    const without = await signpath(["init", "--force"], { cwd });
    expect([without.status, without.stderr]).toEqual([
      1,
      expect.stringContaining("--organization is missing"),
    ]);
  });
});

describe("signpath init leaves alone what is there", () => {
  test("unless --force is given, and then with its mode", async () => {
    const cwd = fill(temporaryFolder(), { "signpath.json": "mine" });
    const args = ["init", "--organization", ORGANIZATION, "--ci", "gitlab", "--write"];
    const refused = await signpath(args, { cwd });
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining("signpath.json is there already"),
    ]);
    expect([readFileSync(join(cwd, "signpath.json"), "utf8"), namesIn(cwd)]).toEqual([
      "mine",
      ["signpath.json"],
    ]);
    expect((await signpath([...args, "--force"], { cwd })).status).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, "signpath.json"), "utf8"))).toEqual({
      OrganizationId: ORGANIZATION,
    });
  });

  test("also where only the job is there: neither file is written", async () => {
    const cwd = fill(temporaryFolder(), { "Jenkinsfile.signpath": "mine" });
    const args = ["init", "--organization", ORGANIZATION, "--ci", "jenkins", "--write", "--json"];
    const result = await signpath(args, { cwd });
    expect([result.status, failureCodes(result)]).toEqual([1, ["USAGE"]]);
    expect(namesIn(cwd)).toEqual(["Jenkinsfile.signpath"]);
  });

  test.runIf(PERMISSIONS_COUNT)("and writes nothing where it cannot write all", async () => {
    const cwd = temporaryFolder();
    fill(join(cwd, ".gitlab"), {});
    const { chmodSync } = await import("node:fs");
    chmodSync(cwd, 0o777);
    chmodSync(join(cwd, ".gitlab"), 0o555);
    const args = ["init", "--organization", ORGANIZATION, "--ci", "gitlab", "--write"];
    const result = await signpath(args, { cwd, unprivileged: true });
    expect([result.status, result.stderr]).toEqual([3, expect.stringContaining("permission denied")]);
    expect(result.stderr).toContain("; without --write the job goes to stdout.\n");
    const there = await signpath(["init", "--organization", ORGANIZATION, "--config", ".gitlab/s.json"], {
      ...{ cwd, unprivileged: true },
    });
    expect([there.status, there.stderr]).toEqual([
      3,
      expect.stringContaining("; --config names another place.\n  OUTPUT_UNWRITABLE"),
    ]);
    expect(namesIn(cwd)).toEqual([".gitlab"]);
    expect(statSync(join(cwd, ".gitlab")).mode & 0o777).toBe(0o555);
  });
});

describe("signpath init refuses, and writes nothing", () => {
  test.each([
    [["--organization", "acme"], "--organization must be a UUID"],
    [["--policy", "release"], "--policy without --project"],
    [["--policy", "a/b/c"], "--policy must be a policy, or project/policy"],
    [["--policy", "a/b", "--project", "c"], "name different projects"],
    [["--project", "my app"], "--project must be a slug"],
    [["--api-url", "http://signpath.example/Api"], "--api-url is plain http"],
    [
      ["--api-url", "https://user:secret@signpath.example"],
      "--api-url must not hold a user name or password",
    ],
    [["--timestamp", "tsa.example"], "--timestamp must be an https:// address"],
    [["--timestamp", "http://tsa.example/$(reboot)"], "--timestamp must not have quotes, dollar signs"],
    [["--certificates", "missing.pem"], "--certificates missing.pem cannot be used"],
    [["--files", "dist/*; reboot"], "--files must be a path without spaces"],
    [["--config", "$HOME/x.json"], "--config must be a path of letters"],
    [["--write"], "--write is for the job of a CI"],
    [["--ci", "github", "--config", "/etc/signpath.json"], "--config must be a path in the repository"],
  ])("%j", async (args, message) => {
    const cwd = temporaryFolder();
    const { status, stdout, stderr } = await signpath(["init", "--organization", ORGANIZATION, ...args], {
      cwd,
    });
    expect([status, stdout, stderr]).toEqual([1, "", expect.stringContaining(message)]);
    expect(namesIn(cwd)).toEqual([]);
  });

  test.each([
    "--organization",
    "--project",
    "--policy",
    "--api-url",
    "--timestamp",
    "--certificates",
    "--files",
    "--config",
  ])("the API token as %s, and does not show it", async (flag) => {
    const cwd = temporaryFolder();
    const value = ["--api-url", "--timestamp"].includes(flag) ? `https://x.example/${CANARY}` : CANARY;
    const args = ["init", "--organization", ORGANIZATION, flag, value, "--json"];
    const result = await signpath(args, { cwd, env: { SIGNPATH_API_TOKEN: CANARY } });
    expect([result.status, failureCodes(result)]).toEqual([1, ["USAGE"]]);
    expect(everythingIn(result)).not.toContain(CANARY);
    expect(result.stderr).toContain(flag === "--policy" ? "--p" : "belongs into SIGNPATH_API_TOKEN alone");
    expect(namesIn(cwd)).toEqual([]);
  });

  test("what looks like a token, where there is none in the environment to compare it with", async () => {
    const cwd = temporaryFolder();
    const token = "AIk65U2VkqYscw3rRfVf4z9VmJuBFCtMdiWpm3dM0Aqn";
    const args = ["init", "--organization", ORGANIZATION, "--project", token];
    const result = await signpath(args, { cwd });
    expect([result.status, everythingIn(result).includes(token), namesIn(cwd)]).toEqual([1, false, []]);
  });

  test("to be the file that is written with a token that is in the environment", async () => {
    const cwd = temporaryFolder();
    const env = { ...emulator().environment };
    await signpath(["init", "--ci", "azure", "--write"], { cwd, env });
    writeFileSync(
      join(cwd, "all"),
      namesIn(cwd)
        .map((name) => readFileSync(join(cwd, name), "utf8"))
        .join(""),
    );
    expect(namesIn(cwd)).toEqual(["all", "azure-pipelines.signpath.yml", "signpath.json"]);
    expect(readFileSync(join(cwd, "all"), "utf8")).not.toContain(emulator().apiToken);
  });
});
