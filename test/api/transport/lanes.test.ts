import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Lane } from "../../../src/api/transport/lane.js";
import { Lanes } from "../../../src/api/transport/lanes.js";
import type { Waiter } from "../../../src/api/transport/waiters.js";
import { eventually } from "../../support/eventually.js";
import { assertProperty } from "../../support/properties.js";

/** One that waits for a lane, until it has one or leaves. */
class Waiting implements Waiter {
  isWaiting = true;
  readonly waitsUntil: number = Number.POSITIVE_INFINITY;
  readonly #taken: () => void;

  constructor(taken: () => void) {
    this.#taken = taken;
  }

  granted(): void {
    this.isWaiting = false;
    this.#taken();
  }

  starved(): void {
    throw new Error("its server answers");
  }
}

function wait(lanes: Lanes, taken: () => void, hasBegun = false): Waiting {
  const waiting = new Waiting(taken);
  lanes.wait(waiting, hasBegun);
  return waiting;
}

function leave(lanes: Lanes, waiting: Waiting | undefined): void {
  if (waiting === undefined) throw new Error("nobody waits there");
  waiting.isWaiting = false;
  lanes.leave(false);
}

function take(lanes: Lanes): Lane {
  const lane = lanes.take();
  if (lane === undefined) throw new Error("no lane is free");
  return lane;
}

describe("lanes", () => {
  it("are as many as the limit says", () => {
    const lanes = new Lanes(2);
    take(lanes);
    take(lanes);
    expect(lanes.take()).toBeUndefined();
    expect(lanes.all).toHaveLength(2);
  });

  it("are used again before new ones are opened, the one given back last first", () => {
    const lanes = new Lanes(3);
    const [a, b] = [take(lanes), take(lanes)];
    lanes.release(b);
    lanes.release(a);
    expect(take(lanes)).toBe(a);
    expect(take(lanes)).toBe(b);
    expect(lanes.all).toHaveLength(2);
  });

  it("go to those who wait, in their order, but for those who gave up", () => {
    const lanes = new Lanes(1);
    const only = take(lanes);
    const served: number[] = [];
    const waiting = [0, 1, 2, 3].map((number) => wait(lanes, () => served.push(number)));
    leave(lanes, waiting[1]);
    for (let round = 0; round < 3; round++) lanes.release(only);
    expect(served).toEqual([0, 2, 3]);
    expect(lanes.take()).toBeUndefined();
    lanes.release(only);
    expect(lanes.take()).toBe(only);
  });

  it("go first to those whose deadline runs already, and never to those who no longer want one", () => {
    const lanes = new Lanes(1);
    const only = take(lanes);
    const served: string[] = [];
    const waitAs = (name: string, hasBegun: boolean): Waiting =>
      wait(lanes, () => served.push(name), hasBegun);
    waitAs("fresh 1", false);
    waitAs("begun 1", true);
    // Its signal is aborted, and it has not heard of that yet.
    waitAs("unwanted", true).isWaiting = false;
    waitAs("fresh 2", false);
    waitAs("begun 2", true);
    for (let round = 0; round < 4; round++) lanes.release(only);
    expect(served).toEqual(["begun 1", "begun 2", "fresh 1", "fresh 2"]);
    lanes.release(only);
    expect(lanes.take()).toBe(only);
  });

  it("serve a queue of any length, called off at any place, once each and in order", () => {
    assertProperty(
      fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (calledOff) => {
        const lanes = new Lanes(1);
        const only = take(lanes);
        const served: number[] = [];
        const waiting = calledOff.map((_, number) => wait(lanes, () => served.push(number)));
        calledOff.forEach((off, number) => {
          if (off) leave(lanes, waiting[number]);
        });
        const expected = calledOff.flatMap((off, number) => (off ? [] : [number]));
        for (const _ of expected) lanes.release(only);
        expect(served).toEqual(expected);
        lanes.release(only);
        expect(lanes.take()).toBe(only);
      }),
    );
  });

  it("serve ten thousand waiting calls, which may wait again", () => {
    const lanes = new Lanes(1);
    const only = take(lanes);
    const served: number[] = [];
    for (let number = 0; number < 10_000; number++) {
      wait(lanes, () => {
        served.push(number);
        if (number < 10) wait(lanes, () => served.push(-number));
      });
    }
    for (let round = 0; round < 10_010; round++) lanes.release(only);
    expect(served.length).toBe(10_010);
    expect(served.slice(0, 10_000)).toEqual(Array.from({ length: 10_000 }, (_, number) => number));
    expect(served.at(-1)).toBe(-9);
  });

  it("serve the few that are left of many, and hold none of those that left", async () => {
    const lanes = new Lanes(1);
    const only = take(lanes);
    const served: number[] = [];
    const left: WeakRef<Waiting>[] = [];
    for (let number = 0; number < 50_000; number++) {
      const waiting = wait(lanes, () => served.push(number));
      if (number % 10_000 === 0) continue;
      left.push(new WeakRef(waiting));
      leave(lanes, waiting);
    }
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    await eventually(() => {
      collect();
      expect(left.filter((each) => each.deref() !== undefined).length).toBeLessThan(10_000);
    });
    for (let round = 0; round < 5; round++) lanes.release(only);
    expect(served).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
    lanes.release(only);
    expect(lanes.take()).toBe(only);
  });

  it("serve tens of thousands that give their lane back at once, in their order", () => {
    const lanes = new Lanes(1);
    const only = take(lanes);
    const served: number[] = [];
    for (let number = 0; number < 30_000; number++) {
      wait(lanes, () => {
        served.push(number);
        lanes.release(only);
      });
    }
    lanes.release(only);
    expect(served).toEqual(Array.from({ length: 30_000 }, (_, number) => number));
    expect(lanes.take()).toBe(only);
  });

  it("hold no timer for the next turn when nobody waits for it any longer", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const lanes = new Lanes(2);
    lanes.throttle.refused(performance.now(), performance.now(), 60_000);
    expect(lanes.take()).toBeUndefined();
    const waiting = [0, 1].map(() => wait(lanes, () => undefined));
    expect(vi.getTimerCount()).toBe(1);
    leave(lanes, waiting[0]);
    expect(vi.getTimerCount()).toBe(1);
    leave(lanes, waiting[1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("nor when who waited for it was served earlier, because a lane came back", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let isTurn = true;
    const pace = {
      ...{ isOpen: false, waitMs: () => (isTurn ? 0 : 1000) },
      ...{ take: () => undefined, untaken: () => undefined },
      ...{ accepted: () => undefined, refused: () => undefined },
    };
    const lanes = new Lanes(2, pace);
    const first = take(lanes);
    isTurn = false;
    const served: number[] = [];
    for (const number of [1, 2]) wait(lanes, () => served.push(number));
    expect(vi.getTimerCount()).toBe(1);
    isTurn = true;
    lanes.release(first);
    expect(served).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
