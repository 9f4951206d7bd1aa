import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { FaultBook } from "../../src/emulator/faults/fault-book.js";
import type { Emulator } from "../../src/emulator/index.js";
import { seededRandom } from "../../src/emulator/random.js";
import { startPrepared } from "../support/emulator.js";
import type { Answer } from "./support.js";
import { api, send, submit } from "./support.js";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startPrepared();
  await emulator.certificateOf("rsa-2048");
});
afterEach(() => emulator.clearFaults());
afterAll(() => emulator.close());

const LIST = "Cryptoki/MySigningPolicies?signingPolicySlug=rsa-2048";
const HOUR = 3_600_000;
const list = (): Promise<Answer> => send(emulator, { path: api(emulator, LIST) });
const dateOf = (answer: Answer, name = "date"): number => Date.parse(String(answer.headers[name]));

/** How far a time is from now, in whole hours. */
const hoursFromNow = (time: number): number => Math.round((time - Date.now()) / HOUR) + 0;

describe("latency spikes", () => {
  it("are as rare as they are told, and the same for the same seed", () => {
    const delays = (seed: number): (number | undefined)[] => {
      const book = new FaultBook(seededRandom(seed), false);
      const count = Number.POSITIVE_INFINITY;
      book.add({ kind: "latency-spike", ms: 5, spikeMs: 900, spikeProbability: 0.1, count });
      return Array.from({ length: 1000 }, () => book.meet("signHash")?.delay?.ms);
    };
    expect(new Set(delays(1))).toEqual(new Set([5, 900]));
    const spikes = delays(1).filter((ms) => ms === 900).length;
    expect(spikes).toBeGreaterThan(60);
    expect(spikes).toBeLessThan(140);
    expect(delays(1)).toEqual(delays(1));
    expect(delays(1)).not.toEqual(delays(2));
  });

  it("are one in a hundred, above nothing, by default", () => {
    const book = new FaultBook(() => 0.0099, false);
    book.add({ kind: "latency-spike", spikeMs: 7 });
    expect(book.meet("signHash")?.delay).toEqual({ kind: "latency-spike", ms: 7 });
    const calm = new FaultBook(() => 0.0101, false);
    calm.add({ kind: "latency-spike", spikeMs: 7 });
    expect(calm.meet("signHash")?.delay?.ms).toBe(0);
  });

  it("delay the answer, and go together with another fault", async () => {
    emulator.addFault({ kind: "latency-spike", spikeMs: 120, spikeProbability: 1 });
    emulator.addFault({ kind: "status", status: 503 });
    const start = performance.now();
    expect((await list()).status).toBe(503);
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
  });
});

describe("a clock that is off", () => {
  it.each([2, -3])("by %i hours shows in the Date header", async (hours) => {
    emulator.addFault({ kind: "clock-offset", ms: hours * HOUR });
    expect(hoursFromNow(dateOf(await list()))).toBe(hours);
    expect(emulator.requests.at(-1)?.fault).toBe("clock-offset");
    expect(hoursFromNow(dateOf(await list()))).toBe(0);
  });

  it("shows in when a signing request was submitted", async () => {
    emulator.addFault({ kind: "clock-offset", ms: 5 * HOUR });
    expect((await submit(emulator)).status).toBe(200);
    expect(hoursFromNow(emulator.signingRequests.at(-1)?.submittedAt.getTime() ?? 0)).toBe(5);
  });

  it("goes together with latency and another fault, whose Retry-After is by that clock", async () => {
    emulator.addFault({ kind: "clock-offset", ms: -7 * HOUR });
    emulator.addFault({ kind: "latency", ms: 1 });
    emulator.addFault({ kind: "status", status: 429, retryAfterDate: 2 * HOUR });
    const answer = await list();
    expect(answer.status).toBe(429);
    expect(hoursFromNow(dateOf(answer))).toBe(-7);
    expect(hoursFromNow(dateOf(answer, "retry-after"))).toBe(-5);
    expect(emulator.requests.at(-1)?.fault).toBe("status");
  });
});

describe("Retry-After as a date", () => {
  it.each([3, -1])("is %i hours from when the request is answered", async (hours) => {
    emulator.addFault({ kind: "status", status: 503, retryAfterDate: hours * HOUR });
    const answer = await list();
    expect(String(answer.headers["retry-after"])).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(hoursFromNow(dateOf(answer, "retry-after"))).toBe(hours);
  });

  it("is never earlier than was ordered, though it has whole seconds only", async () => {
    vi.spyOn(Date, "now").mockReturnValue(Date.UTC(2030, 0, 1, 0, 0, 0, 400));
    emulator.addFault({ kind: "status", status: 503, retryAfterDate: 1000 });
    expect((await list()).headers["retry-after"]).toBe("Tue, 01 Jan 2030 00:00:02 GMT");
  });
});
