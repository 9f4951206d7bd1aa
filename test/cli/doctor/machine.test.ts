import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { untimely } from "../../../src/cli/certificates/validity.js";
import { checkClock } from "../../../src/cli/doctor/checks/clock.js";
import { checkNode } from "../../../src/cli/doctor/checks/node.js";
import { checkPeers, satisfies } from "../../../src/cli/doctor/checks/peers.js";
import { unknownVariables } from "../../../src/cli/doctor/checks/unknown-variables.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill } from "../support.js";

const DAY_MS = 86_400_000;

test.each([
  ["18.20.0", "2026-01-01", "error NODE_UNSUPPORTED"],
  ["20.18.9", "2026-01-01", "error NODE_UNSUPPORTED"],
  ["20.19.0", "2026-04-30", "ok OK"],
  ["20.19.0", "2026-05-01", "warning NODE_END_OF_LIFE"],
  ["22.12.0", "2026-05-01", "ok OK"],
  ["23.1.0", "2025-01-01", "warning NODE_UNTESTED"],
  ["24.0.0", "2028-05-01", "warning NODE_END_OF_LIFE"],
  ["26.0.0", "2026-12-01", "warning NODE_UNTESTED"],
  ["26.0.0", "2029-05-01", "warning NODE_END_OF_LIFE"],
  ["30.0.0", "2030-01-01", "warning NODE_UNTESTED"],
])("Node.js %s on %s is %s", (nodeVersion, day, expected) => {
  const findings = checkNode({ nodeVersion, now: () => Date.parse(day) });
  expect(findings.map(({ status, code }) => `${status} ${code}`)).toEqual([expected]);
});

describe("the clock", () => {
  const NOON = Date.parse("2026-01-01T12:00:00Z");
  /** As of a request that took 400 ms, to a server that answered in its middle. */
  const atOffset = (offMs: number, date = "Thu, 01 Jan 2026 12:00:00 GMT"): ReturnType<typeof checkClock> =>
    checkClock({
      service: async () => ({
        status: 200,
        clock: { date, askedAt: NOON + 300 + offMs, answeredAt: NOON + 700 + offMs },
        policies: [],
        error: undefined,
      }),
    });

  test.each([
    [0, "ok OK"],
    [59_000, "ok OK"],
    [62_000, "warning CLOCK_OFF"],
    [-62_000, "warning CLOCK_OFF"],
    [298_000, "warning CLOCK_OFF"],
    [302_000, "error CLOCK_WRONG"],
    [-400 * DAY_MS, "error CLOCK_WRONG"],
  ])("that is %i ms off is %s", async (offMs, expected) => {
    const [finding] = await atOffset(offMs);
    expect(`${finding?.status} ${finding?.code}`).toBe(expected);
  });

  test("is told which way it is off, and by how much, as far as whole seconds tell", async () => {
    expect((await atOffset(3_600_000))[0]?.found).toContain("is 60 minutes fast");
    expect((await atOffset(-400 * DAY_MS))[0]?.found).toContain("is 400 days slow");
    expect((await atOffset(500))[0]?.details).toMatchObject({ offMs: 0, toleranceMs: 700 });
  });

  test("is not judged by a date that is none", async () => {
    expect((await atOffset(0, "yesterday"))[0]?.code).toBe("NOT_APPLICABLE");
  });
});

test.each([
  [-1, 31, undefined],
  [-1, 29, "CERTIFICATE_EXPIRES_SOON"],
  [-2, -1, "CERTIFICATE_EXPIRED"],
  [1, 100, "CERTIFICATE_NOT_YET_VALID"],
])("a certificate from day %i to day %i is %s", (from, to, code) => {
  const day = (days: number): string => new Date(days * DAY_MS).toISOString();
  expect(untimely({ validFrom: day(from), validTo: day(to) }, 0)?.code).toBe(code);
});

test.each([
  ["1.0.0", ">=1", true],
  ["0.9.9", ">=1", false],
  ["0.10.0", ">=0.8", true],
  ["3.2.0", "^3.2.0", true],
  ["3.1.9", "^3.2.0", false],
  ["4.0.0", "^3.2.0", false],
  ["1.17.0-beta.1", ">=1.17", true],
])("%s in %s: %s", (version, range, expected) => {
  expect(satisfies(version, range)).toBe(expected);
});

test("toolkits are found from the folder of the program on, and one that is too old is a warning", async () => {
  const folder = temporaryFolder();
  const place = (name: string, version: string): string =>
    fill(join(folder, "node_modules", name), { "package.json": JSON.stringify({ name, version }) });
  place("jose", "6.1.0");
  place("xml-crypto", "4.0.0");
  const findings = await checkPeers({ folder });
  expect(findings.map(({ status, code }) => `${status} ${code}`)).toEqual(["ok OK", "warning PEER_TOO_OLD"]);
  expect(findings[0]?.found).toBe("jose 6.1.0, xml-crypto 4.0.0");
  expect((await checkPeers({ folder: "/" }))[0]?.found).toContain("none is installed with signpath");
});

test("a variable that nothing reads is told with the nearest name", () => {
  const env = {
    SIGNPATH_API_TOKN: "",
    SIGNPATH_API_TOKEN: "",
    SIGNPATH_GIT_HASH: "",
    PATH: "",
    SIGNPATH_FOO: "",
  };
  expect(unknownVariables(env)).toEqual([
    { name: "SIGNPATH_API_TOKN", meant: "SIGNPATH_API_TOKEN" },
    { name: "SIGNPATH_FOO", meant: undefined },
  ]);
});
