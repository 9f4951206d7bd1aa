import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import type { SignPathOptions } from "../../src/config/options.js";
import { assertProperty } from "../support/properties.js";
import { configFile, ORGANIZATION } from "./support.js";

const OTHER = (last: string): string => ORGANIZATION.replace(/.$/, last);

/** A place where a setting can stand, with a value for it there and what that value means. */
type Place = readonly [
  kind: "option" | "environment" | "file",
  name: string,
  given: unknown,
  meaning: unknown,
];

interface Row {
  readonly read: (config: Config) => unknown;
  /** First to win. */
  readonly places: readonly Place[];
  readonly otherwise: unknown;
}

const url = (host: string): string => `https://${host}.example/Api`;
const base = ({ baseUrl }: Config): string => baseUrl.href.replace(/\/v1\/.*$/, "");

/** Written from the documentation of SignPath's crypto providers and of this package, not from the source. */
const SETTINGS: Readonly<Record<string, Row>> = {
  organizationId: {
    read: ({ organizationId }) => organizationId,
    places: [
      ["option", "organizationId", OTHER("a"), OTHER("a")],
      ["environment", "SIGNPATH_ORGANIZATION_ID", OTHER("b"), OTHER("b")],
      ["file", "OrganizationId", OTHER("c"), OTHER("c")],
    ],
    otherwise: "required",
  },
  apiToken: {
    read: ({ token }) => token.authorization(),
    places: [
      ["option", "apiToken", "by/option", "Bearer by/option"],
      ["environment", "SIGNPATH_API_TOKEN", "by/variable", "Bearer by/variable"],
      ["file", "ApiToken", "by/file", "Bearer by/file"],
    ],
    otherwise: "required",
  },
  apiUrl: {
    read: base,
    places: [
      ["option", "apiUrl", url("option"), url("option")],
      ["environment", "SIGNPATH_API_URL", url("variable"), url("variable")],
      ["file", "ApiUrl", url("file"), url("file")],
    ],
    otherwise: "https://app.signpath.io/Api",
  },
  projectSlug: {
    read: ({ projectSlug }) => projectSlug,
    places: [
      ["option", "projectSlug", "o", "o"],
      ["environment", "SIGNPATH_PROJECT_SLUG", "e", "e"],
      ["file", "ProjectSlug", "f", "f"],
    ],
    otherwise: undefined,
  },
  signingPolicySlug: {
    read: ({ signingPolicySlug }) => signingPolicySlug,
    places: [
      ["option", "signingPolicySlug", "o", "o"],
      ["environment", "SIGNPATH_SIGNING_POLICY_SLUG", "e", "e"],
      ["file", "SigningPolicySlug", "f", "f"],
    ],
    otherwise: undefined,
  },
  route: {
    read: ({ route }) => route,
    places: [
      ["option", "route", "fast", "fast"],
      ["environment", "SIGNPATH_ROUTE", "sign-hash", "sign-hash"],
      ["file", "Route", "asynchronous", "asynchronous"],
    ],
    otherwise: "auto",
  },
  maxConcurrency: {
    read: ({ maxConcurrency }) => maxConcurrency,
    places: [
      ["option", "maxConcurrency", 3, 3],
      ["environment", "SIGNPATH_MAX_CONCURRENCY", "4", 4],
      ["file", "MaxConcurrency", 5, 5],
    ],
    otherwise: 64,
  },
  retryAmbiguous: {
    read: ({ retry }) => retry.retryAmbiguous,
    places: [
      ["option", "retryAmbiguous", false, false],
      ["environment", "SIGNPATH_RETRY_AMBIGUOUS", "TRUE", true],
      ["file", "RetryAmbiguous", false, false],
    ],
    otherwise: true,
  },
  requestTimeoutMs: {
    read: ({ retry }) => retry.requestTimeoutMs,
    places: [
      ["option", "requestTimeoutMs", 1500, 1500],
      ["environment", "SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS", "2.5", 2500],
      ["environment", "SIGNPATH_TIMEOUTS_HTTP_REQUEST", "3", 3000],
      ["file", "HttpRequestTimeoutInSeconds", 4, 4000],
      ["file", "Timeouts.HttpRequest", "5", 5000],
    ],
    otherwise: 30_000,
  },
  totalTimeoutMs: {
    read: ({ retry }) => retry.totalTimeoutMs,
    places: [
      ["option", "totalTimeoutMs", 70_000, 70_000],
      ["environment", "SIGNPATH_SERVICE_UNAVAILABLE_TIMEOUT_IN_SECONDS", "80", 80_000],
      ["file", "ServiceUnavailableTimeoutInSeconds", 90, 90_000],
    ],
    otherwise: 600_000,
  },
  firstRetryDelay: {
    read: ({ retry }) => retry.firstDelayMs,
    places: [
      ["environment", "SIGNPATH_TIMEOUTS_FIRST_RETRY_DELAY", "1.16", 1160],
      ["file", "Timeouts.FirstRetryDelay", 2, 2000],
    ],
    otherwise: 500,
  },
  retryCount: {
    read: ({ retry }) => retry.maxRetries,
    places: [
      ["environment", "SIGNPATH_TIMEOUTS_RETRY_COUNT", "10", 10],
      ["file", "Timeouts.RetryCount", 0, 0],
    ],
    otherwise: Number.POSITIVE_INFINITY,
  },
  verifySignatures: {
    read: ({ verifySignatures }) => verifySignatures,
    places: [["option", "verifySignatures", false, false]],
    otherwise: true,
  },
  checkValidity: {
    read: ({ checkValidity }) => checkValidity,
    places: [
      ["option", "checkValidity", false, false],
      ["environment", "SIGNPATH_CHECK_VALIDITY", "false", false],
      ["file", "CheckValidity", false, false],
    ],
    otherwise: true,
  },
  policyCacheMs: {
    read: ({ policyCacheMs }) => policyCacheMs,
    places: [["option", "policyCacheMs", 0, 0]],
    otherwise: 300_000,
  },
};

const ROWS = Object.values(SETTINGS);
const PLACES = ROWS.flatMap(({ places }) => places);

/** A configuration in which exactly these places hold something. */
function loadFrom(held: ReadonlySet<Place>): Config {
  const options: Record<string, unknown> = {};
  const env: Record<string, string> = {};
  const file: Record<string, unknown> = {};
  const timeouts: Record<string, unknown> = {};
  for (const [kind, name, given] of held) {
    const [section, inner] = name.split(".");
    if (kind === "option") options[name] = given;
    else if (kind === "environment") env[name] = String(given);
    else if (inner !== undefined && section === "Timeouts") timeouts[inner] = given;
    else file[name] = given;
  }
  if (Object.keys(timeouts).length > 0) file["Timeouts"] = timeouts;
  env["SIGNPATH_CONFIG_FILE"] = configFile(file);
  return loadConfig(options as SignPathOptions, env);
}

/** Those that are required are at least in the file. */
const REQUIRED_PLACES = ["organizationId", "apiToken"].flatMap(
  (name) => SETTINGS[name]?.places.slice(-1) ?? [],
);

describe("a setting", () => {
  const alone = Object.entries(SETTINGS).flatMap(([name, row]) =>
    row.places.map((place) => ({ name, row, place, kind: place[0], where: place[1] })),
  );
  it.each(alone)("$name is taken from the $kind's $where", ({ row, place }) => {
    const others = REQUIRED_PLACES.filter((required) => !row.places.includes(required));
    expect(row.read(loadFrom(new Set([...others, place])))).toEqual(place[3]);
  });

  it("is the option, else the variable, else the file's, else the default, whatever else is set", () => {
    assertProperty(
      fc.property(fc.subarray(PLACES.filter((place) => !REQUIRED_PLACES.includes(place))), (chosen) => {
        const held = new Set([...chosen, ...REQUIRED_PLACES]);
        const config = loadFrom(held);
        for (const [name, row] of Object.entries(SETTINGS)) {
          const winner = row.places.find((place) => held.has(place));
          const expected = winner === undefined ? row.otherwise : winner[3];
          expect([name, row.read(config)]).toEqual([name, expected]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("tells where it came from", () => {
    const [option, variable] = [SETTINGS["projectSlug"]?.places[0], SETTINGS["maxConcurrency"]?.places[1]];
    const held = [...REQUIRED_PLACES, option, variable].filter((place) => place !== undefined);
    const { sources } = loadFrom(new Set(held));
    expect(sources).toMatchObject({
      apiToken: "file",
      projectSlug: "option",
      maxConcurrency: "environment",
      route: "default",
    });
  });

  it("cannot be changed afterwards", () => {
    const config = loadFrom(new Set(REQUIRED_PLACES));
    for (const part of [config, config.retry, config.sources, config.tls]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
