import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.js";
import { fill } from "../support.js";
import { CANARY, examine, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();

function configFile(content: object | string, mode = 0o600): string {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const path = join(fill(temporaryFolder(), { "signpath.json": text }), "signpath.json");
  chmodSync(path, mode);
  return path;
}

const NOTHING = { SIGNPATH_ORGANIZATION_ID: undefined, SIGNPATH_API_TOKEN: undefined };

describe("settings", () => {
  test("each is told with where it comes from, the token only as set", async () => {
    const SIGNPATH_CONFIG_FILE = configFile({
      Route: "fast",
      ApiToken: `${CANARY}-other`,
      ProjectSlug: "demo",
    });
    const { at, errors, exitCode } = await examine(emulator(), { env: { SIGNPATH_CONFIG_FILE } });
    expect([errors, exitCode]).toEqual([[], 0]);
    const said = at("settings").map(({ found }) => found);
    expect(said).toContain(
      `OrganizationId is ${emulator().organizationId} (variable SIGNPATH_ORGANIZATION_ID)`,
    );
    expect(said).toContain("ApiToken is set (variable SIGNPATH_API_TOKEN)");
    expect(said).toContain(`ApiUrl is ${emulator().apiUrl} (variable SIGNPATH_API_URL)`);
    expect(said).toContain(`Route is fast (Route in ${SIGNPATH_CONFIG_FILE})`);
    expect(said).toContain(`configuration file ${SIGNPATH_CONFIG_FILE} is read`);
    expect(at("settings").find(({ found }) => found.startsWith("ApiToken"))?.details).toEqual({
      setting: "ApiToken",
      source: "environment",
      place: "variable SIGNPATH_API_TOKEN",
      state: "set",
    });
  });

  test("none at all: says the three variables, and where to begin", async () => {
    const env = { ...NOTHING, SIGNPATH_API_URL: undefined, HTTPS_PROXY: "http://127.0.0.1:9" };
    const { at, of, exitCode } = await examine(emulator(), { env, flags: { timeout: 1 } });
    const [first] = at("settings");
    const text = `${first?.found} ${first?.advice}`;
    for (const name of [
      "SIGNPATH_ORGANIZATION_ID",
      "SIGNPATH_API_TOKEN",
      "SIGNPATH_API_URL",
      "signpath emulator",
      "signpath init",
    ])
      expect(text).toContain(name);
    expect(exitCode).toBe(1);
    // What needs no account goes on.
    expect(of("proxy")).toEqual(["error CONNECTION_FAILED"]);
    expect(at("service")[0]).toMatchObject({ status: "skipped", code: "BLOCKED", dependsOn: "settings" });
  });

  test("without an account, what stands before it is looked into all the same", async () => {
    const { errors, of, at, exitCode } = await examine(emulator(), {
      env: { ...NOTHING, SIGNPATH_ORGANIZATION_ID: emulator().organizationId },
      flags: { timestamp: [emulator().timestampUrl] },
    });
    expect([errors, exitCode]).toEqual([["settings CONFIG_INVALID"], 1]);
    expect(at("settings").find(({ status }) => status === "error")).toMatchObject({
      found: "ApiToken is missing",
      details: { setting: "ApiToken", state: "missing" },
    });
    expect([of("connection"), of("timestamp"), of("clock")]).toEqual([
      ["ok OK"],
      ["ok OK"],
      ["skipped BLOCKED"],
    ]);
  });

  test.each([
    [
      "a token with a blank",
      { SIGNPATH_API_TOKEN: `${CANARY} x` },
      "ApiToken is set, malformed: ",
      "service",
    ],
    ["an organization that is none", { SIGNPATH_ORGANIZATION_ID: "acme" }, "must be a UUID", "service"],
    [
      "an organization that is the token",
      { SIGNPATH_ORGANIZATION_ID: CANARY },
      "holds the API token",
      "service",
    ],
    ["an address that is none", { SIGNPATH_API_URL: "signpath" }, "must be an https:// address", "dns"],
    ["a file that is not there", { SIGNPATH_CONFIG_FILE: "/nowhere/c.json" }, "cannot be read", "dns"],
    [
      "a malformed proxy",
      { HTTPS_PROXY: "ftp://x", SIGNPATH_API_URL: "https://signpath.test" },
      "must be host:port",
      "dns",
    ],
    ["plain http", { SIGNPATH_API_URL: "http://signpath.test/Api" }, "plain http", "dns"],
  ])("%s is an error, and hinders what needs it", async (_what, env, words, hindered) => {
    const { at, errors, exitCode } = await examine(emulator(), { env });
    expect([errors, exitCode]).toEqual([["settings CONFIG_INVALID"], 1]);
    expect(at("settings").find(({ status }) => status === "error")?.found).toContain(words);
    expect(at(hindered as "dns")[0]).toMatchObject({ code: "BLOCKED", dependsOn: "settings" });
  });

  test("a route that is none hinders nothing else", async () => {
    const { errors, of } = await examine(emulator(), { env: { SIGNPATH_ROUTE: "fastest" } });
    expect([errors, of("policies")[0]]).toEqual([["settings CONFIG_INVALID"], "ok OK"]);
  });

  test("what means nothing is told, with what may have been meant", async () => {
    const SIGNPATH_CONFIG_FILE = configFile({ OrganisationId: "x", Log: { Console: { Level: "info" } } });
    const env = {
      SIGNPATH_CONFIG_FILE,
      SIGNPATH_ORGANISATION_ID: "x",
      SIGNPATH_LOG_FILE_LEVEL: "info",
      SIGNPATH_WHATEVER: "",
    };
    const { at, exitCode } = await examine(emulator(), { env });
    const unknown = at("settings").filter(({ code }) => code === "UNKNOWN_SETTING");
    expect(unknown.map(({ found }) => found)).toEqual([
      "variable SIGNPATH_ORGANISATION_ID means nothing here",
      "variable SIGNPATH_WHATEVER means nothing here",
      `organisationid in ${SIGNPATH_CONFIG_FILE} means nothing here`,
    ]);
    expect(unknown[0]?.advice).toBe("Did you mean SIGNPATH_ORGANIZATION_ID?");
    expect(exitCode).toBe(0);
  });

  test.runIf(process.platform !== "win32")(
    "a file with the token that others may read is a warning",
    async () => {
      const content = { ApiToken: CANARY, OrganizationId: emulator().organizationId };
      const env = (mode: number): Record<string, string | undefined> => ({
        ...NOTHING,
        SIGNPATH_CONFIG_FILE: configFile(content, mode),
      });
      expect((await examine(emulator(), { env: env(0o644) })).warnings).toContain(
        "settings CONFIG_FILE_READABLE",
      );
      expect((await examine(emulator(), { env: env(0o600) })).warnings).not.toContain(
        "settings CONFIG_FILE_READABLE",
      );
    },
  );
});

describe("files for TLS", () => {
  test("that cannot be read hinder what connects", async () => {
    const env = { SIGNPATH_TLS_CA_CERTIFICATES: "/nowhere/ca.pem" };
    const { errors, at, exitCode } = await examine(emulator(), { env });
    expect([errors, exitCode]).toEqual([["tls-settings CONFIG_INVALID"], 1]);
    expect(at("dns")[0]).toMatchObject({ code: "BLOCKED", dependsOn: "tls-settings" });
  });

  test("authorities are named", async () => {
    const ca = join(fill(temporaryFolder(), { "ca.pem": emulator().rootCertificate }), "ca.pem");
    const env = { SIGNPATH_TLS_CA_CERTIFICATES: ca, NODE_EXTRA_CA_CERTS: "/nowhere/extra.pem" };
    const { at, of } = await examine(emulator(), { env });
    expect(of("tls-settings")).toEqual(["warning FILE_UNREADABLE", "ok OK"]);
    expect(at("tls-settings")[1]?.found).toMatch(
      /^authority CN=SignPath Emulator Root.* until \d{4}-\d\d-\d\d$/,
    );
  });

  test("checks that are turned off are an error", async () => {
    const { errors } = await examine(emulator(), { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(errors).toEqual(["tls-settings CONFIG_INVALID"]);
  });
});
