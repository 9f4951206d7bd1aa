import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RateLimiter } from "../../src/emulator/http/rate-limit.js";
import type { Emulator, RateLimit } from "../../src/emulator/index.js";
import { startEmulator } from "../../src/emulator/index.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { api, send } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared({ rateLimit: { requestsPerSecond: 0.001, burst: 3 } });
  await emulator.certificateOf("rsa-2048");
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const LIST = "Cryptoki/MySigningPolicies?signingPolicySlug=rsa-2048";
const list = (): Promise<Answer> => send(emulator, { path: api(emulator, LIST) });

describe("a rate limit", () => {
  it("answers with 429 what is too much, and counts", async () => {
    emulator.setRateLimit({ requestsPerSecond: 0.001, burst: 3 });
    const before = emulator.requests.length;
    const answers = [await list(), await list(), await list(), await list(), await list()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[4]?.json()).toMatchObject({ status: 429, title: "Too Many Requests" });
    expect(emulator.rateLimitCounts).toEqual({ accepted: 3, rejected: 2 });
    const faults = emulator.requests.slice(before).map(({ status, fault }) => [status, fault]);
    expect(faults.slice(-2)).toEqual(Array(2).fill([429, "rate-limit"]));
    expect(faults[0]).toEqual([200, undefined]);
  });

  it("is for the API, not for what is around it", async () => {
    emulator.setRateLimit({ requestsPerSecond: 0.001, burst: 1 });
    for (let i = 0; i < 3; i++) expect((await send(emulator, { path: "/" })).status).toBe(200);
    expect(emulator.rateLimitCounts).toEqual({ accepted: 0, rejected: 0 });
  });

  it("comes before the faults: a request that is too much uses none up", async () => {
    emulator.setRateLimit({ requestsPerSecond: 0.001, burst: 1 });
    await list();
    emulator.addFault({ kind: "status", status: 503 });
    expect((await list()).status).toBe(429);
    emulator.setRateLimit(undefined);
    expect((await list()).status).toBe(503);
  });

  it("can be lifted", async () => {
    emulator.setRateLimit(undefined);
    for (let i = 0; i < 5; i++) expect((await list()).status).toBe(200);
    expect(emulator.rateLimitCounts).toEqual({ accepted: 5, rejected: 0 });
  });

  it.each<[RateLimit["retryAfter"], RegExp]>([
    [undefined, /^1000$/],
    ["seconds", /^1000$/],
    ["date", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/],
    ["none", /^undefined$/],
  ])("tells when to come again: %s", async (retryAfter, header) => {
    emulator.setRateLimit({ requestsPerSecond: 0.001, burst: 1, ...(retryAfter && { retryAfter }) });
    await list();
    const answer = await list();
    expect(String(answer.headers["retry-after"])).toMatch(header);
    if (retryAfter !== "date") return;
    const seconds = (Date.parse(String(answer.headers["retry-after"])) - Date.now()) / 1000;
    expect(Math.round(seconds / 100)).toBe(10);
  });

  it.each<[unknown, RegExp]>([
    [{}, /requestsPerSecond/],
    [{ requestsPerSecond: 0 }, /requestsPerSecond/],
    [{ requestsPerSecond: "1" }, /requestsPerSecond/],
    [{ requestsPerSecond: 1, burst: 0 }, /burst/],
    [{ requestsPerSecond: 1, burst: 1.5 }, /burst/],
    [{ requestsPerSecond: 1, retryAfter: "later" }, /retryAfter/],
    [{ requestsPerSecond: 1, perMinute: 1 }, /no 'perMinute'/],
    [5, /must be an object/],
    [null, /must be an object/],
  ])("that is malformed is a TypeError: %j", async (limit, message) => {
    expect(() => emulator.setRateLimit(limit as RateLimit)).toThrow(TypeError);
    expect(() => emulator.setRateLimit(limit as RateLimit)).toThrow(message);
    await expect(startEmulator({ rateLimit: limit as RateLimit })).rejects.toThrow(message);
  });
});

describe("the bucket", () => {
  function limiterAt(limit: RateLimit): { admitted: (atMs: number, requests: number) => number } {
    let now = 0;
    const limiter = new RateLimiter(() => now);
    limiter.set(limit);
    return {
      admitted(atMs, requests) {
        now = atMs;
        return Array.from({ length: requests }, () => limiter.admit()).filter((reply) => reply === undefined)
          .length;
      },
    };
  }

  it("holds the requests of a second, and gains as many each second", () => {
    const { admitted } = limiterAt({ requestsPerSecond: 20 });
    expect([admitted(0, 100), admitted(500, 100), admitted(1500, 100), admitted(60_000, 100)]).toEqual([
      20, 10, 20, 20,
    ]);
  });

  it("holds as many as it is told", () => {
    const { admitted } = limiterAt({ requestsPerSecond: 10, burst: 2 });
    expect([admitted(0, 5), admitted(100, 5), admitted(1100, 5)]).toEqual([2, 1, 2]);
  });

  it("of less than one a second holds one", () => {
    const { admitted } = limiterAt({ requestsPerSecond: 0.5 });
    expect([admitted(0, 3), admitted(1000, 3), admitted(2000, 3)]).toEqual([1, 0, 1]);
  });
});
