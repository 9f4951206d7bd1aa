import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Throttle } from "../../../src/api/transport/throttle.js";
import { assertProperty } from "../../support/properties.js";

const LANES = 64;
const SETTLED_MS = 2000;

interface Service {
  /** Requests a second. */
  readonly limit: number;
  readonly roundTripMs: number;
  readonly retryAfterMs?: number;
  readonly accepts: (now: number) => boolean;
}

/** So many in each second of the clock. */
function fixedWindow(limit: number): Service["accepts"] {
  let [second, used] = [-1, 0];
  return (now) => {
    if (Math.floor((now + 300) / 1000) !== second) [second, used] = [Math.floor((now + 300) / 1000), 0];
    return ++used <= limit;
  };
}

/** Refilled all the time. */
function tokenBucket(limit: number, burst = limit): Service["accepts"] {
  let [tokens, last] = [burst, 0];
  return (now) => {
    tokens = Math.min(burst, tokens + ((now - last) * limit) / 1000);
    last = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Calls without end, so many clients of 64 requests in flight each, in a time that does not pass by itself.
 *
 * @param beginsAt - when a client begins, in milliseconds
 */
function simulate(
  service: Service,
  seconds: number,
  clients = 1,
  beginsAt: (client: number) => number = (client) => client,
): { rate: number; refused: number; shares: number[] } {
  const agenda: { readonly at: number; readonly run: (now: number) => void }[] = [];
  const later = (at: number, run: (now: number) => void): void => {
    let index = agenda.length;
    while (index > 0 && (agenda[index - 1]?.at ?? 0) > at) index--;
    agenda.splice(index, 0, { at, run });
  };
  const accepted = new Array<number>(clients).fill(0);
  let refused = 0;
  for (let client = 0; client < clients; client++) {
    const throttle = new Throttle();
    let [free, waits] = [LANES, false];
    const serve = (now: number): void => {
      while (free > 0) {
        const wait = throttle.waitMs(now);
        if (wait > 0) {
          if (!waits) later(now + Math.ceil(wait), wake);
          waits = true;
          return;
        }
        throttle.take(now);
        free--;
        later(now + service.roundTripMs / 2, (arrival) => {
          const isAccepted = service.accepts(arrival);
          later(arrival + service.roundTripMs / 2, (answered) => answer(isAccepted, now, answered));
        });
      }
    };
    const wake = (now: number): void => {
      waits = false;
      serve(now);
    };
    const answer = (isAccepted: boolean, sentAt: number, now: number): void => {
      if (isAccepted) throttle.accepted(now);
      else throttle.refused(now, sentAt, service.retryAfterMs);
      if (now > SETTLED_MS) {
        if (isAccepted) accepted[client] = (accepted[client] ?? 0) + 1;
        else refused++;
      }
      free++;
      serve(now);
    };
    later(beginsAt(client), serve);
  }
  for (let next = agenda.shift(); next !== undefined && next.at < seconds * 1000; next = agenda.shift())
    next.run(next.at);
  const total = accepted.reduce((sum, each) => sum + each, 0);
  return {
    rate: total / (seconds - SETTLED_MS / 1000),
    refused: refused / (total + refused),
    shares: accepted.map((each) => each / total),
  };
}

describe("a throttle", () => {
  const kinds = { fixedWindow, tokenBucket };
  const cases = Object.keys(kinds).flatMap((kind) =>
    [20, 200, 2000].flatMap((limit) =>
      [1, 20].flatMap((roundTripMs) =>
        [undefined, 1000].map((retryAfterMs) => ({ kind, limit, roundTripMs, retryAfterMs })),
      ),
    ),
  );

  it.each(cases)(
    "finds the limit of $kind $limit/s, $roundTripMs ms away, Retry-After $retryAfterMs",
    (each) => {
      const { kind, limit, roundTripMs, retryAfterMs } = each;
      const accepts = kinds[kind as keyof typeof kinds](limit);
      const service = { limit, roundTripMs, accepts, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      const { rate, refused } = simulate(service, limit < 100 ? 40 : 20);
      expect(rate).toBeGreaterThanOrEqual(0.9 * limit);
      expect(refused).toBeLessThanOrEqual(0.05);
    },
  );

  it("finds a limit that is far above the burst which is accepted first", () => {
    const service = { limit: 200, roundTripMs: 20, accepts: tokenBucket(200, 10) };
    const { rate, refused } = simulate(service, 30);
    expect(rate).toBeGreaterThanOrEqual(180);
    expect(refused).toBeLessThanOrEqual(0.05);
  });

  it.each(Object.entries(kinds))("lets four clients share the limit of a %s", (_kind, accepts) => {
    const service = { limit: 200, roundTripMs: 20, accepts: accepts(200) };
    const { rate, refused, shares } = simulate(service, 60, 4);
    expect(rate).toBeGreaterThanOrEqual(180);
    expect(refused).toBeLessThanOrEqual(0.05);
    expect(Math.min(...shares)).toBeGreaterThan(0.08);
  });

  const shared = Object.keys(kinds).flatMap((kind) => [2, 4, 8].map((clients) => ({ kind, clients })));

  it.each(shared)(
    "lets $clients clients share the limit of a $kind within seconds, though one began when the others had used up all",
    ({ kind, clients }) => {
      const accepts = kinds[kind as keyof typeof kinds];
      const smallest = Array.from({ length: 25 }, (_, seed) => {
        const random = generator(seed);
        const service = { limit: 200, roundTripMs: 5, accepts: accepts(200) };
        const { rate, shares } = simulate(service, 20, clients, () => random() * 150);
        expect(rate).toBeGreaterThanOrEqual(175);
        return Math.min(...shares) * clients;
      }).toSorted((a, b) => a - b);
      // A fair share is 1.
      expect(smallest[12]).toBeGreaterThan(0.33);
      expect(smallest[2]).toBeGreaterThan(0.15);
    },
  );

  it("does nothing as long as nothing is refused, and after a long time without", () => {
    const throttle = new Throttle();
    for (let now = 0; now < 1000; now++) throttle.accepted(now);
    expect([throttle.isOpen, throttle.waitMs(1000)]).toEqual([true, 0]);
    for (let index = 0; index < 10; index++) throttle.refused(1000, 999, undefined);
    expect(throttle.isOpen).toBe(false);
    expect(throttle.waitMs(1000)).toBeGreaterThan(0);
    for (let now = 2000; now < 310_000; now += 1000) throttle.take(now);
    expect(throttle.isOpen).toBe(true);
  });

  it("is not taken in by refusals now and then, which are no limit", () => {
    let count = 0;
    const service = { limit: 0, roundTripMs: 20, accepts: () => ++count % 100 !== 0 };
    const { rate } = simulate(service, 12);
    expect(rate).toBeGreaterThan((0.98 * LANES * 1000) / 20);
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "nor by refusals by chance, one in ninety, with seed %d",
    (seed) => {
      const chance = generator(seed);
      const service = { limit: 0, roundTripMs: 20, accepts: () => chance() >= 1 / 90 };
      const { rate } = simulate(service, 30);
      expect(rate).toBeGreaterThan((0.9 * LANES * 1000) / 20);
    },
  );

  it("gives back the turn of a request that is not sent", () => {
    const throttle = new Throttle();
    throttle.untaken();
    expect(throttle.waitMs(0)).toBe(0);
    throttle.refused(1000, 1000, 500);
    throttle.take(1500);
    const wait = throttle.waitMs(1500);
    expect(wait).toBeGreaterThan(100);
    for (let turn = 0; turn < 3; turn++) {
      throttle.take(1500 + wait);
      throttle.untaken();
    }
    expect(throttle.waitMs(1500 + wait)).toBe(0);
  });

  it("stops all as long as the server asks, but no longer than a minute", () => {
    for (const [asked, waited] of [
      [3000, 3000],
      [3_600_000, 60_000],
    ] as const) {
      const throttle = new Throttle();
      throttle.refused(5000, 4990, asked);
      expect(throttle.waitMs(5000)).toBe(waited);
    }
  });

  it("learns once from the refusals of requests that were sent together", () => {
    const throttle = new Throttle();
    for (let now = 0; now < 100; now++) throttle.accepted(now);
    throttle.refused(100, 90, 500);
    const wait = throttle.waitMs(100);
    for (let sentAt = 90; sentAt < 100; sentAt++) throttle.refused(100, sentAt, 60_000);
    expect(throttle.waitMs(100)).toBe(wait);
  });

  it.each(Object.keys(kinds))("is not talked into a storm on a %s by a Retry-After of 0", (kind) => {
    const accepts = kinds[kind as keyof typeof kinds](20);
    const { rate, refused } = simulate({ limit: 20, roundTripMs: 1, accepts, retryAfterMs: 0 }, 30);
    expect(rate).toBeGreaterThanOrEqual(18);
    expect(refused).toBeLessThanOrEqual(0.05);
  });

  const slow = [2, 5, 60].flatMap((each) =>
    [undefined, each * 1000].map((retryAfterMs) => ({ each, retryAfterMs })),
  );

  it.each(slow)(
    "keeps its head in an hour of one request in $each s, Retry-After $retryAfterMs, and then finds 100/s",
    ({ each, retryAfterMs }) => {
      const HOUR_MS = 3_600_000;
      const [meagre, ample] = [tokenBucket(1 / each, 1), tokenBucket(100)];
      let [accepted, refused, last] = [0, 0, 0];
      const accepts = (now: number): boolean => {
        if (now > HOUR_MS) {
          const isAccepted = ample(now);
          if (isAccepted && now > HOUR_MS + 170_000) last++;
          return isAccepted;
        }
        const isAccepted = meagre(now);
        if (isAccepted) accepted++;
        else refused++;
        return isAccepted;
      };
      const service = { limit: 0, roundTripMs: 5, accepts };
      simulate({ ...service, ...(retryAfterMs !== undefined && { retryAfterMs }) }, HOUR_MS / 1000 + 180);
      expect(accepted).toBeGreaterThan((0.6 * 3600) / each);
      // The least rate is one a second, from which it rises a little.
      expect(refused).toBeLessThan(1.5 * 3600);
      expect(last).toBeGreaterThan(900);
    },
  );

  it("takes the refusal of a request that was sent a little before the pause was over for what it is", () => {
    const throttle = new Throttle();
    throttle.refused(1000, 990, 500);
    const early = 1499.5;
    expect(throttle.waitMs(early)).toBe(0);
    throttle.take(early);
    throttle.refused(1510, early, 3000);
    expect(throttle.waitMs(1510)).toBe(3000);
  });

  it("always grants a turn within a minute, whatever is answered and whenever", () => {
    const answer = fc.record({
      afterMs: fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.integer({ min: 0, max: 400_000 })),
      isAccepted: fc.boolean(),
      retryAfterMs: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e12 })), {
        nil: undefined,
      }),
      times: fc.integer({ min: 1, max: 60 }),
    });
    assertProperty(
      fc.property(fc.array(answer, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (answers, rounds) => {
        const throttle = new Throttle();
        let now = 0;
        for (const { afterMs, isAccepted, retryAfterMs, times } of repeated(answers, rounds)) {
          const wait = throttle.waitMs(now);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(61_000);
          now += wait;
          throttle.take(now);
          const sentAt = now;
          now += afterMs;
          for (let time = 0; time < times; time++) {
            if (isAccepted) throttle.accepted(now);
            else throttle.refused(now, sentAt, retryAfterMs);
          }
        }
      }),
    );
  });
});

function repeated<T>(items: readonly T[], rounds: number): T[] {
  return Array.from({ length: rounds }, () => items).flat();
}
