import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SignPathError } from "../../src/base/errors.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { temporaryFolder } from "../support/temporary.js";
import { configFile, defects, load, ORGANIZATION, REQUIRED, refusal } from "./support.js";

describe("the address of the API", () => {
  it.each([
    ["https://app.signpath.io/Api", "https://app.signpath.io/Api/v1/"],
    ["https://app.signpath.io/Api/", "https://app.signpath.io/Api/v1/"],
    ["https://app.signpath.io/Api//", "https://app.signpath.io/Api/v1/"],
    ["https://app.signpath.io/API", "https://app.signpath.io/API/v1/"],
    ["https://app.signpath.io/api/", "https://app.signpath.io/api/v1/"],
    ["https://app.signpath.io/API/v1", "https://app.signpath.io/API/v1/"],
    ["https://app.signpath.io/api/v1/", "https://app.signpath.io/api/v1/"],
    ["https://app.signpath.io/Api/V1", "https://app.signpath.io/Api/v1/"],
    ["HTTPS://APP.SIGNPATH.IO/Api", "https://app.signpath.io/Api/v1/"],
    ["https://signpath.example", "https://signpath.example/v1/"],
    ["https://signpath.example/", "https://signpath.example/v1/"],
    ["https://signpath.example/v1", "https://signpath.example/v1/"],
    ["https://signpath.example:8443/a/b", "https://signpath.example:8443/a/b/v1/"],
    ["https://signpath.example/apiv1", "https://signpath.example/apiv1/v1/"],
    ["  https://signpath.example/Api ", "https://signpath.example/Api/v1/"],
  ])("%j works", (apiUrl, base) => {
    expect(load({ apiUrl }).baseUrl.href).toBe(`${base}${ORGANIZATION}/`);
    expect(load({}, { SIGNPATH_API_URL: apiUrl }).baseUrl.href).toBe(`${base}${ORGANIZATION}/`);
  });

  it("can be a URL, which is not changed", () => {
    const apiUrl = new URL("https://signpath.example/Api/v1/");
    expect(load({ apiUrl }).baseUrl.href).toBe(`https://signpath.example/Api/v1/${ORGANIZATION}/`);
    expect(apiUrl.href).toBe("https://signpath.example/Api/v1/");
  });

  it.each([
    ["signpath.example", "must be an https:// address"],
    ["ftp://signpath.example", "must be an https:// address"],
    ["https://", "must be an https:// address"],
    ["https://user:secret-word@signpath.example", "must not hold a user name or password"],
    ["https://:secret-word@signpath.example", "must not hold a user name or password"],
    ["https://signpath.example/Api?x=1", "must not have a query or a fragment"],
    ["https://signpath.example/Api#x", "must not have a query or a fragment"],
    [42, "must be text"],
  ])("%j is refused: it %s", (apiUrl, reason) => {
    const error = refusal(() => load({ apiUrl } as SignPathOptions));
    expect(error.message).toContain(`option apiUrl ${reason}`);
    expect(error.message).not.toContain("secret-word");
  });

  it.each([
    "http://localhost:3000",
    "http://LOCALHOST/Api",
    "http://127.0.0.1:1/Api",
    "http://127.9.8.7",
    "http://127.1/",
    "http://[::1]:80/Api",
  ])("may be plain http on this machine: %s", (apiUrl) => {
    expect(load({ apiUrl }).baseUrl.protocol).toBe("http:");
  });

  it.each([
    "http://signpath.example/Api",
    "http://localhost.example/Api",
    "http://127.0.0.1.example/",
    "http://128.0.0.1/",
    "http://0.0.0.0/",
    "http://[::2]/",
  ])("may not be plain http elsewhere, unless that is allowed: %s", (apiUrl) => {
    expect(defects(() => load({ apiUrl }))).toEqual([
      expect.stringMatching(/^ApiUrl is plain http.*SIGNPATH_ALLOW_INSECURE_HTTP/),
    ]);
    expect(load({ apiUrl, allowInsecureHttp: true }).baseUrl.protocol).toBe("http:");
    expect(load({ apiUrl }, { SIGNPATH_ALLOW_INSECURE_HTTP: "true" }).baseUrl.protocol).toBe("http:");
    expect(load({ apiUrl, configFile: configFile({ AllowInsecureHttp: true }) }).baseUrl.protocol).toBe(
      "http:",
    );
  });
});

describe("what is missing or malformed", () => {
  it("is named, all of it at once", () => {
    const found = defects(() =>
      loadConfig(
        { maxConcurrency: 0, route: "quick" as "fast", apiUrl: "nowhere", metadata: 5 as unknown as false },
        {
          SIGNPATH_ORGANIZATION_ID: "not-a-uuid",
          SIGNPATH_RETRY_AMBIGUOUS: "maybe",
          SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS: "soon",
          HTTPS_PROXY: "socks5://proxy",
          SIGNPATH_TLS_CLIENT_CERTIFICATE: "/no/such/file.pem",
        },
      ),
    );
    const expected = [
      /^variable SIGNPATH_ORGANIZATION_ID must be a UUID/,
      /^ApiToken is missing: set option apiToken, SIGNPATH_API_TOKEN, or ApiToken in the file that SIGNPATH_CONFIG_FILE names$/,
      /^option apiUrl must be an https/,
      /^option route must be one of auto, fast, sign-hash, asynchronous$/,
      /^option maxConcurrency must be a whole number from 1 to 1024$/,
      /^variable SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS must be a number/,
      /^variable SIGNPATH_RETRY_AMBIGUOUS must be true or false$/,
      /^variable HTTPS_PROXY must be host:port/,
      /^TLS client certificate or authority cannot be read: ENOENT.*no.such.file\.pem/,
      /^option metadata must be an object, a function or false$/,
    ];
    for (const pattern of expected) expect(found).toContainEqual(expect.stringMatching(pattern));
    expect(found).toHaveLength(expected.length);
  });

  it("is one line where it is one thing", () => {
    const { message } = refusal(() => loadConfig({ apiToken: "t" }, {}));
    expect(message).toMatch(/^SignPath is not configured: OrganizationId is missing: set option/);
    expect(message).not.toContain("\n");
  });

  it("is named with the file where it stands", () => {
    const path = configFile({ OrganizationId: 12, Timeouts: { RetryCount: -1 } });
    const found = defects(() => loadConfig({ configFile: path, apiToken: "t" }, {}));
    expect(found).toEqual([
      `OrganizationId in ${path} must be text`,
      `Timeouts.RetryCount in ${path} must be a whole number from 0 to 1000`,
    ]);
  });

  it.each<[keyof SignPathOptions, unknown]>([
    ["organizationId", "00000000-0000-0000-0000-00000000000"],
    ["organizationId", `${ORGANIZATION}/../x`],
    ["organizationId", ""],
    ["organizationId", `${ORGANIZATION}\r\nx: y`],
    ["projectSlug", "a\nb"],
    ["projectSlug", 7],
    ["signingPolicySlug", "  "],
    ["route", "FAST"],
    ["maxConcurrency", 1.5],
    ["maxConcurrency", 1025],
    ["maxConcurrency", Number.NaN],
    ["requestTimeoutMs", 0],
    ["requestTimeoutMs", 2 ** 31],
    ["requestTimeoutMs", Number.POSITIVE_INFINITY],
    ["totalTimeoutMs", "a minute"],
    ["totalTimeoutMs", true],
    ["policyCacheMs", -1],
    ["verifySignatures", "no"],
    ["checkValidity", "no"],
    ["retryAmbiguous", 2],
    ["allowInsecureHttp", "yes"],
    ["metadata", "text"],
    ["metadata", null],
    ["metadata", true],
    ["metadata", ["a", "list"]],
    ["metadata", new Date(0)],
    ["metadata", { toJSON: () => "text" }],
    ["metadata", { big: 1n }],
    ["proxy", ""],
    ["proxy", 8080],
    ["proxy", "ftp://proxy"],
    ["proxy", "http://%E0%A4%A@proxy"],
    ["tls", "pem"],
    ["tls", null],
    ["tls", { ca: 42 }],
    ["tls", { ca: "not PEM" }],
    ["tls", { ca: ["not PEM"] }],
    ["tls", { cert: "not PEM" }],
    ["tls", { key: "not PEM" }],
    ["tls", { pfx: new Uint8Array(10) }],
    ["configFile", 0],
    ["configFile", 42],
    ["configFile", ""],
  ])("makes option %s refuse %o", (option, value) => {
    const found = defects(() => load({ [option]: value }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^(option ${option}|configuration file|ApiUrl) `));
  });
});

describe("a variable", () => {
  it("that is empty counts as unset", () => {
    const path = configFile({ ProjectSlug: "from-file", HttpProxy: "proxy:3128" });
    const config = load(
      {},
      {
        SIGNPATH_CONFIG_FILE: path,
        SIGNPATH_PROJECT_SLUG: "",
        SIGNPATH_API_URL: "",
        SIGNPATH_ROUTE: "",
        SIGNPATH_TLS_CLIENT_CERTIFICATE: "",
        SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS: "",
        HTTPS_PROXY: "",
      },
    );
    expect(config).toMatchObject({ projectSlug: "from-file", route: "auto" });
    expect(config.proxy?.url).toBe("http://proxy:3128/");
    expect(config.retry.requestTimeoutMs).toBe(30_000);
    expect(load({}, { SIGNPATH_CONFIG_FILE: "" }).projectSlug).toBeUndefined();
  });

  it("is trimmed, and refused where nothing is left", () => {
    expect(load({}, { SIGNPATH_PROJECT_SLUG: " p \n" }).projectSlug).toBe("p");
    expect(defects(() => load({}, { SIGNPATH_PROJECT_SLUG: "  " }))).toEqual([
      "variable SIGNPATH_PROJECT_SLUG is empty",
    ]);
  });
});

describe("the configuration file", () => {
  it("is read as the crypto providers have it, what only they need being ignored", () => {
    const path = configFile({
      OrganizationId: ORGANIZATION,
      ApiToken: "by/file",
      ApiUrl: "https://signpath.example/Api/",
      HttpProxy: "proxy.example:3128",
      ProjectSlug: "p",
      SigningPolicySlug: "s",
      ServiceUnavailableTimeoutInSeconds: 60,
      HttpRequestTimeoutInSeconds: 10,
      Log: {
        Console: { Level: "info", OutputStream: "stderr" },
        File: { Level: "off", Directory: "C:\\" },
      },
      Cryptoki: { DoNotFailOnReadWriteSessions: true },
      IncludeDummyX509CertificateForGpgKeys: true,
    });
    const config = loadConfig({}, { SIGNPATH_CONFIG_FILE: path });
    expect(config).toMatchObject({ organizationId: ORGANIZATION, projectSlug: "p", signingPolicySlug: "s" });
    expect(config.baseUrl.href).toBe(`https://signpath.example/Api/v1/${ORGANIZATION}/`);
    expect(config.proxy).toEqual({ url: "http://proxy.example:3128/" });
    expect(config.retry).toMatchObject({ totalTimeoutMs: 60_000, requestTimeoutMs: 10_000 });
  });

  it("may write names in any case, and null or empty for unset", () => {
    const path = configFile({ PROJECTSLUG: "p", timeouts: { httprequest: 3 }, Route: null, ApiUrl: "" });
    const config = load({ configFile: path });
    expect(config).toMatchObject({ projectSlug: "p", route: "auto" });
    expect(config.retry.requestTimeoutMs).toBe(3000);
  });

  it("may begin with a byte order mark", () => {
    expect(load({ configFile: configFile('\uFEFF{"ProjectSlug":"p"}') }).projectSlug).toBe("p");
  });

  it("is the option's rather than the variable's", () => {
    const [ours, other] = [configFile({ ProjectSlug: "option" }), configFile({ ProjectSlug: "variable" })];
    expect(load({ configFile: ours }, { SIGNPATH_CONFIG_FILE: other }).projectSlug).toBe("option");
  });

  it.each([
    ["it is not JSON", '{"ApiToken": "canary/token+1" "ProjectSlug": 1}'],
    ["it is not JSON", "ApiToken=canary/token+1"],
    ["it is not JSON", '{"ApiToken": "canary/token+1'],
    ["it is not JSON", ""],
    ["it is not a JSON object", '["canary/token+1"]'],
    ["it is not a JSON object", '"canary/token+1"'],
    ["it is not a JSON object", "null"],
  ])("is refused where %s, and not quoted: %j", (reason, content) => {
    const path = configFile(content);
    const error = refusal(() => load({ configFile: path }));
    expect(error.message).toBe(
      `SignPath is not configured: configuration file ${path} cannot be read: ${reason}`,
    );
    expect(everythingIn(error)).not.toContain("canary");
  });

  it("is named where it is missing or a folder", () => {
    const path = join(temporaryFolder(), "none.json");
    expect(defects(() => load({ configFile: path }))).toEqual([
      expect.stringMatching(/^configuration file .*none\.json cannot be read: ENOENT/),
    ]);
    expect(defects(() => load({}, { SIGNPATH_CONFIG_FILE: temporaryFolder() }))).toEqual([
      expect.stringMatching(/cannot be read: EISDIR/),
    ]);
  });

  it("may name settings after the properties that every object has", () => {
    const path = join(temporaryFolder(), "odd.json");
    writeFileSync(path, '{"__proto__": {"ProjectSlug": "x"}, "constructor": 1, "ProjectSlug": "p"}');
    expect(load({ configFile: path }).projectSlug).toBe("p");
  });
});

describe("metadata", () => {
  it("is copied, so that later changes do not count", () => {
    const metadata = { build: { number: 1 } };
    const config = load({ metadata });
    metadata.build.number = 2;
    expect(config.metadata).toEqual({ build: { number: 1 } });
  });

  it("can be switched off or be asked for", () => {
    const ask = (): undefined => undefined;
    expect(load({ metadata: false }).metadata).toBe(false);
    expect(load({ metadata: ask }).metadata).toBe(ask);
    expect(load().metadata).toEqual({});
  });
});

it("reads the process's environment unless it is given another one", () => {
  const error = refusal(() => loadConfig({ apiToken: REQUIRED.apiToken }));
  expect(error.message).toContain("SIGNPATH_ORGANIZATION_ID");
});

function everythingIn(error: SignPathError): string {
  return `${error.stack}${JSON.stringify(error)}${String(error.cause)}`;
}
