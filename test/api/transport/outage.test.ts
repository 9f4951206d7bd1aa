import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ApiClient } from "../../../src/api/client.js";
import type { Failure } from "../../../src/api/transport/failure.js";
import { networkFailure, statusFailure } from "../../../src/api/transport/failure.js";
import type { Lane } from "../../../src/api/transport/lane.js";
import { Lanes } from "../../../src/api/transport/lanes.js";
import { Outage } from "../../../src/api/transport/outage.js";
import type { Waiter } from "../../../src/api/transport/waiters.js";
import { codedFailureOf } from "../../support/failure.js";
import type { StubAnswer } from "../../support/stub.js";
import { startStub } from "../../support/stub.js";
import { apiClient, HASH, SIGNED, template } from "../support.js";

const BUSY: Failure = statusFailure(503, { words: "" }, undefined);
const UNKNOWN_NAME: Failure = networkFailure(Object.assign(new Error("?"), { code: "ENOTFOUND" }), false);

interface SettledCounts {
  signed: number;
  refused: number;
  other: number;
}

function signMany(client: ApiClient, count: number): Promise<unknown>[] {
  const made = template(client);
  return Array.from({ length: count }, () => client.fastSign(made, HASH));
}

describe("calls that wait for a service that answers nobody", () => {
  it("fail when its time is over, unsent, with what the others failed with", async () => {
    const stub = await startStub(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { status: 503, body: "maintenance" };
    });
    const client = apiClient(stub, { maxConcurrency: 2, totalTimeoutMs: 1500 });
    const errors = await Promise.all(signMany(client, 50).map(codedFailureOf));
    expect(errors.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(stub.requests.length);
    const unsent = errors.filter(({ attempts }) => attempts === 0);
    // Two at a time, each until its own time is over, all of them would have been sent, one after the other.
    expect(unsent.length).toBeGreaterThan(25);
    for (const error of unsent) {
      expect(["SERVICE_UNAVAILABLE", "TIMEOUT"]).toContain(error.code);
      expect(error).toMatchObject({ retryable: true, stage: "sign" });
      expect(error.message).toMatch(
        /^SignPath (answered with status 503|did not answer within).*\(fast signing request, POST to .*, not sent, \d+ ms\)/,
      );
    }
  });

  it("fail although it asks for more time than they have", async () => {
    const answer = { status: 429, headers: { "Retry-After": "3600" } };
    const stub = await startStub(() => answer);
    const client = apiClient(stub, { maxConcurrency: 1, totalTimeoutMs: 1500 });
    const errors = await Promise.all(signMany(client, 20).map(codedFailureOf));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["THROTTLED"]));
    expect(stub.requests).toHaveLength(1);
  });

  it.each<[string, StubAnswer, Partial<SettledCounts>]>([
    ["signatures", SIGNED, { signed: 12 }],
    ["refusals", { status: 400 }, { refused: 12 }],
  ])(
    "wait on where it failed once and answers the others with %s, however long that takes",
    async (_what, answer, expected) => {
      const stub = await startStub(async (_request, _response, index) => {
        if (index === 0) return { status: 503 };
        await new Promise((resolve) => setTimeout(resolve, 300));
        return answer;
      });
      const client = apiClient(stub, { maxConcurrency: 1, totalTimeoutMs: 2000 });
      const counts: SettledCounts = { signed: 0, refused: 0, other: 0 };
      for (const outcome of await Promise.allSettled(signMany(client, 12))) {
        if (outcome.status === "fulfilled") counts.signed++;
        else if (outcome.reason.code === "REQUEST_REJECTED") counts.refused++;
        else counts.other++;
      }
      expect(counts).toEqual({ signed: 0, refused: 0, other: 0, ...expected });
    },
  );

  it("are sent once it answers again, and closing the client waits for them", async () => {
    let isDown = true;
    const stub = await startStub(() => (isDown ? { status: 503 } : SIGNED));
    const client = apiClient(stub, { maxConcurrency: 2, totalTimeoutMs: 20_000 });
    const signed = Promise.all(signMany(client, 20));
    await vi.waitUntil(() => stub.requests.length > 4);
    isDown = false;
    const closed = client.close();
    expect(await signed).toHaveLength(20);
    await closed;
  });
});

describe("patience with a server", () => {
  it("is without end while it answers", () => {
    const outage = new Outage();
    expect([outage.failure, outage.endOfPatience(0, 100)]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    outage.failed(BUSY, 10);
    outage.answered();
    expect([outage.failure, outage.endOfPatience(0, 100)]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });

  it("is counted from when it ceased to answer, or from when somebody began to wait", () => {
    const outage = new Outage();
    outage.failed(BUSY, 1000);
    outage.failed(BUSY, 1500);
    expect(outage.failure).toBe(BUSY);
    expect([500, 1200].map((since) => outage.endOfPatience(since, 60_000))).toEqual([61_000, 61_200]);
  });

  it("is short where its name is unknown, and stays so", () => {
    const outage = new Outage();
    outage.failed(BUSY, 0);
    outage.failed(UNKNOWN_NAME, 5000);
    outage.failed(UNKNOWN_NAME, 9000);
    expect([0, 7000].map((since) => outage.endOfPatience(since, 60_000))).toEqual([15_000, 17_000]);
    expect(outage.endOfPatience(0, 8000)).toBe(8000);
    outage.failed(BUSY, 14_000);
    expect(outage.endOfPatience(0, 60_000)).toBe(60_000);
    outage.failed(UNKNOWN_NAME, 20_000);
    expect(outage.endOfPatience(0, 60_000)).toBe(30_000);
  });
});

/** Waits for 10 s at most. */
class Patient implements Waiter {
  readonly since: number = performance.now();
  ended: "granted" | "starved" | undefined;
  readonly #lanes: Lanes;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
    lanes.wait(this, false);
  }

  get isWaiting(): boolean {
    return this.ended === undefined;
  }

  get waitsUntil(): number {
    return this.#lanes.outage.endOfPatience(this.since, 10_000);
  }

  granted(_lane: Lane): void {
    this.ended = "granted";
  }

  starved(): void {
    this.ended = "starved";
    this.#lanes.leave(false);
  }
}

describe("lanes of a server that answers nobody", () => {
  /** With its only lane taken. */
  function taken(): { lanes: Lanes; lane: Lane | undefined; pass: (ms: number) => void } {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let now = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const lanes = new Lanes(1);
    const pass = (ms: number): void => {
      for (let step = 0; step < ms; step++) {
        now++;
        vi.advanceTimersByTime(1);
      }
    };
    return { lanes, lane: lanes.take(), pass };
  }

  it("tell each that waits when its time is over, and have no timer without one", () => {
    const { lanes, pass } = taken();
    const first = new Patient(lanes);
    pass(60_000);
    expect([first.ended, vi.getTimerCount()]).toEqual([undefined, 0]);
    lanes.failed(BUSY);
    pass(4000);
    const second = new Patient(lanes);
    pass(5990);
    expect(first.ended).toBeUndefined();
    pass(20);
    expect([first.ended, second.ended]).toEqual(["starved", undefined]);
    pass(4000);
    expect([second.ended, vi.getTimerCount()]).toEqual(["starved", 0]);
  });

  it("tell nobody where it has answered meanwhile, and begin anew when it ceases to again", () => {
    const { lanes, pass } = taken();
    lanes.failed(BUSY);
    const waiting = new Patient(lanes);
    pass(9000);
    lanes.outage.answered();
    pass(60_000);
    expect([waiting.ended, vi.getTimerCount()]).toEqual([undefined, 0]);
    lanes.failed(BUSY);
    pass(9000);
    expect(waiting.ended).toBeUndefined();
    pass(1001);
    expect([waiting.ended, vi.getTimerCount()]).toEqual(["starved", 0]);
  });

  it("tell sooner those that have less patience now", () => {
    const { lanes, pass } = taken();
    lanes.failed(BUSY);
    const waiting = new Patient(lanes);
    vi.spyOn(waiting, "waitsUntil", "get").mockReturnValue(performance.now() + 100);
    lanes.failed(UNKNOWN_NAME);
    pass(101);
    expect(waiting.ended).toBe("starved");
  });

  it("have no timer once the last that waited was served", () => {
    const { lanes, lane } = taken();
    lanes.failed(BUSY);
    const waiting = new Patient(lanes);
    expect(vi.getTimerCount()).toBe(1);
    if (lane !== undefined) lanes.release(lane);
    expect([waiting.ended, vi.getTimerCount()]).toEqual(["granted", 0]);
  });
});
