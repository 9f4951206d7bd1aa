import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { agent, api, send, signHash, submit } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
  await emulator.certificateOf("rsa-2048");
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const LIST = "Cryptoki/MySigningPolicies?signingPolicySlug=rsa-2048";
const list = (): Promise<Answer> => send(emulator, { path: api(emulator, LIST) });

describe("a fault", () => {
  it("meets one request and then is over", async () => {
    emulator.addFault({ kind: "status", status: 503 });
    expect([(await list()).status, (await list()).status]).toEqual([503, 200]);
  });

  it("meets as many requests as it is told, one after the other in their order", async () => {
    emulator.addFault({ kind: "status", status: 503, count: 2 });
    emulator.addFault({ kind: "status", status: 429 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await list()).status);
    expect(statuses).toEqual([503, 503, 429, 200]);
  });

  it("goes on for ever where its count is infinite, until it is cleared", async () => {
    emulator.addFault({ kind: "status", status: 500, count: Number.POSITIVE_INFINITY });
    for (let i = 0; i < 5; i++) expect((await list()).status).toBe(500);
    emulator.clearFaults();
    expect((await list()).status).toBe(200);
  });

  it("keeps to its route", async () => {
    emulator.addFault({ kind: "status", status: 503, route: "signHash" });
    expect((await list()).status).toBe(200);
    expect((await submit(emulator)).status).toBe(200);
    expect((await signHash(emulator, {})).status).toBe(503);
  });

  it("for all routes means the API, not what is around it", async () => {
    emulator.addFault({ kind: "status", status: 503 });
    expect((await send(emulator, { path: "/ca.pem" })).status).toBe(200);
    expect((await list()).status).toBe(503);
    emulator.addFault({ kind: "status", status: 503, route: "caCertificates" });
    expect((await send(emulator, { path: "/ca.pem" })).status).toBe(503);
  });

  it("with a probability meets about that share, and the same requests for the same seed", async () => {
    const share = { kind: "status", status: 503, count: Number.POSITIVE_INFINITY, probability: 0.3 } as const;
    const runs: number[][] = [];
    for (const seed of [1, 1, 2]) {
      const seeded = await startEmulator({ seed, faults: [{ ...share, route: "about" }] });
      const statuses: number[] = [];
      for (let i = 0; i < 200; i++) statuses.push((await send(seeded, { path: "/" })).status);
      await seeded.close();
      runs.push(statuses);
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    const met = (runs[0] ?? []).filter((status) => status === 503).length;
    expect(met).toBeGreaterThan(35);
    expect(met).toBeLessThan(85);
  });

  it("with no probability meets nothing", async () => {
    emulator.addFault({ kind: "status", status: 503, probability: 0 });
    expect((await list()).status).toBe(200);
  });

  it("is named in the log of the request that met it", async () => {
    emulator.addFault({ kind: "status", status: 503 });
    await list();
    expect(emulator.requests.at(-1)).toMatchObject({ fault: "status", status: 503 });
    await list();
    expect(emulator.requests.at(-1)).toMatchObject({ fault: undefined, status: 200 });
  });

  it("waits for a request that it fits", async () => {
    emulator.addFault({ kind: "garbage-certificate" });
    emulator.addFault({ kind: "foreign-echo", field: "hash" });
    expect((await send(emulator, { path: api(emulator, "SigningRequests/x") })).status).toBe(404);
    expect((await send(emulator, { path: api(emulator, LIST), token: "wrong" })).status).toBe(401);
    expect(emulator.requests.at(-1)?.fault).toBeUndefined();
    await list();
    expect(emulator.requests.at(-1)?.fault).toBe("garbage-certificate");
    await submit(emulator);
    expect(emulator.requests.at(-1)?.fault).toBe("foreign-echo");
  });

  it("that a request turned out not to fit is kept while others are ordered", async () => {
    emulator.addFault({ kind: "latency", ms: 50 });
    emulator.addFault({ kind: "zero-signature" });
    const refused = submit(emulator, { policy: "nothing" });
    const arrived = emulator.requests.length;
    while (emulator.requests.length === arrived) await new Promise(setImmediate);
    emulator.addFault({ kind: "status", status: 503 });
    expect((await refused).status).toBe(400);
    await submit(emulator);
    expect(emulator.requests.at(-1)?.fault).toBe("zero-signature");
    expect((await submit(emulator)).status).toBe(503);
  });

  it.each<[unknown, RegExp]>([
    [{ kind: "nothing" }, /no fault 'nothing'/],
    [{ kind: "__proto__" }, /no fault/],
    [{ kind: "toString" }, /no fault/],
    [{ kind: "html", route: "nowhere" }, /no route 'nowhere'/],
    [{ kind: "html", count: 0 }, /count/],
    [{ kind: "html", count: 1.5 }, /count/],
    [{ kind: "html", probability: 2 }, /probability/],
    [{ kind: "html", probability: Number.NaN }, /probability/],
    [{ kind: "latency" }, /ms/],
    [{ kind: "latency", ms: -1 }, /ms/],
    [{ kind: "status", status: 99 }, /status/],
    [{ kind: "status", status: 503.5 }, /status/],
    [{ kind: "status", status: 503, body: "xml" }, /body must be .*not 'xml'/],
    [{ kind: "status", status: 503, retryAfter: "1\r\nX: y" }, /Retry-After/],
    [{ kind: "redirect" }, /needs location/],
    [{ kind: "redirect", location: "http://a", status: 200 }, /301, 302, 303, 307, 308, not 200/],
    [{ kind: "redirect", location: "http://a\n" }, /location must be what the header Location can hold/],
    [{ kind: "wrong-content-type", contentType: 7 }, /contentType must be a string, not 7/],
    [{ kind: "missing-field" }, /needs field, a string/],
    [{ kind: "missing-field", field: 1 }, /field must be a string/],
    [{ kind: "extra-field", field: null }, /field must be a string/],
    [{ kind: "html", colour: "red" }, /no field 'colour'; it has route, count, probability/],
    [{ kind: "latency", ms: "1" }, /ms must be a number, not '1'/],
    [{ kind: "latency", ms: 2 ** 31 }, /ms must be a number from 0 to 2147483647/],
    [{ kind: "latency-spike", spikeMs: -1 }, /spikeMs/],
    [{ kind: "latency-spike", spikeMs: 1, ms: -1 }, /ms must/],
    [{ kind: "latency-spike", spikeMs: 1, spikeProbability: 2 }, /spikeProbability/],
    [{ kind: "clock-offset" }, /needs ms/],
    [{ kind: "clock-offset", ms: Number.POSITIVE_INFINITY }, /ms must/],
    [{ kind: "status", status: 429, retryAfter: "1", retryAfterDate: 1000 }, /exclude each other/],
    [{ kind: "status", status: 429, retryAfterDate: Number.NaN }, /retryAfterDate/],
    [{ kind: "refuse" }, /needs ms/],
    [{ kind: "refuse", ms: -1 }, /ms must/],
    [{ kind: "tls-failure", failure: "expired" }, /started with tls/],
    [{ kind: "tls-failure", failure: "old" }, /failure must be 'expired' or/],
    [{ kind: "tls-failure", failure: "reset", route: "signHash" }, /connections, which have no route/],
    [{ kind: "rotate-certificate", newKey: "yes" }, /newKey must be true or false/],
    [{ kind: "rotate-certificate", validFromMs: 2, validToMs: 1 }, /validToMs must be later/],
    [{ kind: "rotate-certificate", validToMs: 1e300 }, /validToMs must be a number/],
    [{ kind: "rotate-certificate", route: "mySigningPolicies" }, /does not happen on the route/],
    [{ kind: "oversized-body", bytes: 1.5 }, /bytes must be a whole number/],
    [{ kind: "oversized-body", bytes: 1, chunked: 1 }, /chunked must be true or false/],
    [{ kind: "gzip-bomb", bytes: -1 }, /bytes/],
    [{ kind: "gzip-bomb", bytes: 1e15 }, /bytes/],
    [{ kind: "signature-encoding", encoding: "base32" }, /encoding must be/],
    [{ kind: "signature-encoding", encoding: "hex", route: "about" }, /does not happen on the route/],
    [{ kind: "out-of-range-signature", component: "n" }, /component must be 'r' or 's'/],
    [{ kind: "wrong-pkcs1" }, /needs encoding/],
    [{ kind: "wrong-pss", encoding: "missing-null" }, /encoding must be/],
    [{ kind: "other-salt-length", saltLength: 1.5 }, /saltLength must be a whole number/],
    [null, /must be an object/],
    ["html", /must be an object/],
    [{ kind: "reset", when: "never" }, /never/],
    [{ kind: "slow-body", bytesPerSecond: 0 }, /bytesPerSecond/],
    [{ kind: "oversized-body", bytes: "1" }, /bytes/],
    [{ kind: "foreign-echo", field: "signature" }, /signature/],
    [{ kind: "other-salt-length", saltLength: -1 }, /saltLength/],
    [{ kind: "zero-signature", route: "mySigningPolicies" }, /does not happen on the route/],
    [{ kind: "garbage-certificate", route: "signHash" }, /does not happen on the route/],
  ])("that is malformed is a TypeError: %j", async (fault, message) => {
    expect(() => emulator.addFault(fault as Fault)).toThrow(TypeError);
    expect(() => emulator.addFault(fault as Fault)).toThrow(message);
    await expect(startEmulator({ faults: [fault as Fault] })).rejects.toThrow(message);
  });
});

describe("latency", () => {
  it("delays the answer", async () => {
    emulator.addFault({ kind: "latency", ms: 150 });
    const start = performance.now();
    expect((await list()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(145);
    expect(emulator.requests.at(-1)?.fault).toBe("latency");
  });

  it("goes together with another fault", async () => {
    emulator.addFault({ kind: "status", status: 503 });
    emulator.addFault({ kind: "latency", ms: 100 });
    emulator.addFault({ kind: "latency", ms: 5000 });
    // The first other fault ends the search: a delay for it is ordered before it.
    expect((await list()).status).toBe(503);
    emulator.clearFaults();
    emulator.addFault({ kind: "latency", ms: 100 });
    emulator.addFault({ kind: "latency", ms: 5000 });
    emulator.addFault({ kind: "status", status: 503 });
    const start = performance.now();
    expect((await list()).status).toBe(503);
    expect(performance.now() - start).toBeGreaterThanOrEqual(95);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("ends with the connection of a client that does not wait", async () => {
    emulator.addFault({ kind: "latency", ms: 60_000 });
    const options = { headersTimeout: 100, headers: { Authorization: `Bearer ${emulator.apiToken}` } };
    const impatient = request(emulator.origin + api(emulator, LIST), { ...options, dispatcher: agent() });
    await expect(impatient).rejects.toThrow(/Headers Timeout/);
    expect(emulator.requests.at(-1)).toMatchObject({ fault: "latency", status: undefined });
  });
});
