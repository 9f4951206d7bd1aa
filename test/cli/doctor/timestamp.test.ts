import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Fault } from "../../../src/emulator/index.js";
import { temporaryFolder } from "../../support/temporary.js";
import { fill } from "../support.js";
import { CANARY, examine, useUnspentEmulator } from "./support.js";

const emulator = useUnspentEmulator();
const DEAD = "http://127.0.0.1:9/tsa";

afterEach(() => emulator().clearFaults());

test("an authority that is in order gives a timestamp, from the variable and from the option", async () => {
  const { timestampUrl } = emulator();
  const before = emulator().requests.length;
  for (const given of [
    { env: { SIGNPATH_TIMESTAMP_URLS: timestampUrl } },
    { flags: { timestamp: [timestampUrl] } },
  ]) {
    const { at, exitCode } = await examine(emulator(), given);
    expect([at("timestamp").map(({ code }) => code), exitCode]).toEqual([["OK"], 0]);
    expect(at("timestamp")[0]?.details).toMatchObject({
      authority: timestampUrl,
      serialNumber: expect.any(String),
    });
  }
  const asked = emulator()
    .requests.slice(before)
    .filter(({ route }) => route === "timestamp");
  expect(asked).toHaveLength(2);
});

test("with roots its chain must lead to one", async () => {
  const { timestampUrl, rootCertificate } = emulator();
  const folder = fill(temporaryFolder(), { "root.pem": rootCertificate });
  const flags = { timestamp: [timestampUrl], timestampRoots: [join(folder, "root.pem")] };
  expect((await examine(emulator(), { flags })).at("timestamp")[0]?.found).toContain("leads to a root");
  emulator().addFault({ kind: "wrong-timestamp", mistake: "untrusted" });
  const { errors, at } = await examine(emulator(), { flags });
  expect([errors, at("timestamp")[0]?.details?.["cause"]]).toEqual([
    ["timestamp TIMESTAMP_FAILED"],
    "VERIFICATION_FAILED",
  ]);
});

test.each<[Fault, string]>([
  [{ kind: "timestamp-rejection", failure: "badAlg" }, "REQUEST_REJECTED"],
  [{ kind: "wrong-timestamp", mistake: "imprint" }, "INVALID_RESPONSE"],
  [{ kind: "wrong-timestamp", mistake: "signature" }, "VERIFICATION_FAILED"],
  [{ kind: "status", status: 503, route: "timestamp" }, "SERVICE_UNAVAILABLE"],
  [{ kind: "silence", route: "timestamp" }, "TIMEOUT"],
])("one with %o is an error", async (fault, cause) => {
  emulator().addFault(fault);
  const { errors, at, exitCode } = await examine(emulator(), {
    flags: { timestamp: [emulator().timestampUrl], timeout: 1 },
  });
  expect([errors, exitCode]).toEqual([["timestamp TIMESTAMP_FAILED"], 5]);
  expect(at("timestamp")[0]?.details?.["cause"]).toBe(cause);
});

test("one that is down is a warning where another one stands in, and an error alone", async () => {
  const { timestampUrl } = emulator();
  const two = await examine(emulator(), { flags: { timestamp: [DEAD, timestampUrl] } });
  expect([two.of("timestamp"), two.exitCode]).toEqual([["warning AUTHORITY_UNAVAILABLE", "ok OK"], 0]);
  const one = await examine(emulator(), { flags: { timestamp: [DEAD] } });
  expect([one.errors, one.exitCode]).toEqual([["timestamp TIMESTAMP_FAILED"], 5]);
});

test("a password is not shown, and an address that is none is told", async () => {
  const env = { SIGNPATH_TIMESTAMP_URLS: "http://name:secret-canary@127.0.0.1:9/tsa?key=secret-canary" };
  const { findings, errors } = await examine(emulator(), { env });
  expect(errors).toEqual(["timestamp TIMESTAMP_FAILED"]);
  expect(JSON.stringify(findings)).not.toContain("secret-canary");
  const wrong = await examine(emulator(), { env: { SIGNPATH_TIMESTAMP_URLS: "tsa.example" } });
  expect([wrong.errors, wrong.exitCode]).toEqual([["timestamp CONFIG_INVALID"], 1]);
});

test("an address with the API token in it is not asked", async () => {
  const before = emulator().requests.length;
  const env = { SIGNPATH_TIMESTAMP_URLS: `${emulator().timestampUrl}?${CANARY}` };
  const { errors, exitCode } = await examine(emulator(), { env });
  expect([errors, exitCode]).toEqual([["timestamp CONFIG_INVALID"], 1]);
  expect(
    emulator()
      .requests.slice(before)
      .filter(({ route }) => route === "timestamp"),
  ).toEqual([]);
});
