import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import type { Config } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { ORGANIZATION } from "../config/support.js";
import { temporaryFolder } from "../support/temporary.js";
import { HOSTILE_NAMES, hostileValues, spoiltJson, spoiltText } from "./arbitraries.js";
import { fuzz } from "./harness.js";
import { attemptCoded, CANARY, expectNoCanary } from "./oracles.js";

const VALID = {
  organizationId: ORGANIZATION,
  apiToken: CANARY,
  apiUrl: "https://app.signpath.io/Api",
  projectSlug: "app",
  signingPolicySlug: "release",
  route: "auto",
  verifySignatures: true,
  maxConcurrency: 4,
  requestTimeoutMs: 1000,
  totalTimeoutMs: 1000,
  retryAmbiguous: true,
  policyCacheMs: 0,
  proxy: `http://user:${CANARY}@proxy.test:8080`,
  tls: { passphrase: CANARY },
  allowInsecureHttp: false,
  metadata: { a: { b: 1 } },
};

const FILE = {
  OrganizationId: ORGANIZATION,
  ApiToken: CANARY,
  ApiUrl: "https://app.signpath.io/Api/v1",
  ProjectSlug: "app",
  SigningPolicySlug: "release",
  Route: "fast",
  MaxConcurrency: 4,
  RetryAmbiguous: "true",
  AllowInsecureHttp: false,
  HttpProxy: `user:${CANARY}@proxy.test:8080`,
  Timeouts: { HttpRequest: 30, FirstRetryDelay: 0.5, RetryCount: 3 },
  HttpRequestTimeoutInSeconds: "30",
  ServiceUnavailableTimeoutInSeconds: 600,
  Log: { Level: "debug" },
};

const VARIABLES = {
  SIGNPATH_ORGANIZATION_ID: ORGANIZATION,
  SIGNPATH_API_TOKEN: CANARY,
  SIGNPATH_API_URL: "https://app.signpath.io/Api",
  SIGNPATH_ROUTE: "sign-hash",
  SIGNPATH_MAX_CONCURRENCY: "8",
  SIGNPATH_RETRY_AMBIGUOUS: "1",
  SIGNPATH_ALLOW_INSECURE_HTTP: "false",
  SIGNPATH_TIMEOUTS_HTTP_REQUEST: "30",
  SIGNPATH_TIMEOUTS_RETRY_COUNT: "3",
  SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS: "30",
  SIGNPATH_TLS_CLIENT_PASSPHRASE: CANARY,
  SIGNPATH_TLS_CLIENT_CERTIFICATE: "",
  SIGNPATH_CONFIG_FILE: "",
  HTTPS_PROXY: `http://user:${CANARY}@proxy.test:8080`,
  http_proxy: "",
  NO_PROXY: "localhost, .example.test:8443,*.test",
};

/** Where a secret belongs. */
const SECRET: ReadonlySet<string> = new Set([
  "apiToken",
  "proxy",
  "tls",
  "SIGNPATH_API_TOKEN",
  "SIGNPATH_TLS_CLIENT_PASSPHRASE",
  "HTTPS_PROXY",
  "http_proxy",
]);

/** Whether the canary is the token: then it is shown nowhere, wherever else it stands. */
function isToken(value: unknown): boolean {
  return typeof value === "string" && value.trim() === CANARY;
}

/**
 * Settings as they are where the canary is the token. Where it is not, what stands for a path or a slug is no secret and
 * is quoted where it is wrong: there the canary is replaced, by what cannot become part of another one.
 */
function settings(
  valid: Readonly<Record<string, unknown>>,
  tokenName: string,
  changes: readonly (readonly [string, unknown])[],
): Record<string, unknown> {
  const given = { ...valid, ...Object.fromEntries(changes) };
  if (isToken(given[tokenName])) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === "string" && !SECRET.has(name) ? value.replaceAll(CANARY, "-public-") : value,
    ]),
  );
}

/** Fails where a configuration is not what its type says, or shows a secret. */
function expectComplete(config: Config | undefined): void {
  if (config === undefined) return;
  const { organizationId, baseUrl, route, maxConcurrency, policyCacheMs, retry, verifySignatures } = config;
  expect(organizationId).toMatch(/^[0-9a-f-]{36}$/i);
  expect(baseUrl.pathname.endsWith(`/v1/${organizationId}/`)).toBe(true);
  expect(["auto", "fast", "sign-hash", "asynchronous"]).toContain(route);
  for (const number of [
    maxConcurrency,
    policyCacheMs,
    retry.requestTimeoutMs,
    retry.totalTimeoutMs,
    retry.firstDelayMs,
  ])
    if (!(Number.isFinite(number) && number >= 0)) throw new Error(`${number} is none of its numbers`);
  if (!(retry.maxRetries >= 0)) throw new Error(`${retry.maxRetries} retries`);
  if (typeof verifySignatures !== "boolean") throw new Error("verified or not?");
  if (baseUrl.protocol === "http:" && !/^(?:localhost|127\.|\[::1\])/.test(baseUrl.hostname))
    expect([config.sources["allowInsecureHttp"]]).not.toContain("default");
  if (!Object.isFrozen(config)) throw new Error("it can be changed");
  const { token, sources, projectSlug, signingPolicySlug } = config;
  expectNoCanary({ token, organizationId, baseUrl, projectSlug, signingPolicySlug, retry, sources });
  expectNoCanary(JSON.stringify(token));
}

const names = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(VALID), "configFile") },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_NAMES) },
);

fuzz("config", "options are a configuration or are refused as CONFIG_INVALID", {
  part: 0.4,
  inputs: fc.array(fc.tuple(names, hostileValues), { maxLength: 3 }),
  check: (changes) => {
    const options = settings(VALID, "apiToken", changes);
    expectComplete(attemptCoded(() => loadConfig(options as SignPathOptions, {}), "CONFIG_INVALID"));
  },
});

fuzz("config", "variables are a configuration or are refused as CONFIG_INVALID", {
  part: 0.3,
  inputs: fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(VARIABLES)),
      fc.oneof(
        spoiltText(
          fc.constantFrom(...Object.values(VARIABLES)),
          "%",
          "@",
          ":",
          "/",
          "://",
          "[",
          "1e9",
          CANARY,
        ),
        hostileValues.filter((value) => typeof value === "string"),
      ),
    ),
    { maxLength: 3 },
  ),
  check: (changes) => {
    const env = settings(VARIABLES, "SIGNPATH_API_TOKEN", changes) as Record<string, string>;
    expectComplete(attemptCoded(() => loadConfig({}, env), "CONFIG_INVALID"));
  },
});

const path = join(temporaryFolder(), "signpath.json");

fuzz("config", "a configuration file is a configuration or is refused as CONFIG_INVALID", {
  part: 0.3,
  inputs: spoiltJson(FILE, { organizationid: ORGANIZATION, apitoken: CANARY }),
  examples: ["[".repeat(1_000_000), `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  check: (text) => {
    writeFileSync(path, text);
    expectComplete(attemptCoded(() => loadConfig({ configFile: path }, {}), "CONFIG_INVALID"));
  },
});
