import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { turn } from "../../src/key/turn.js";

/** Waits for turns until there are none to be had; the numbers of those that had theirs, as they have it. */
function takeAll(): { served: number[]; count: number; done: Promise<unknown> } {
  const served: number[] = [];
  const all: Promise<unknown>[] = [];
  for (let granted = turn(); granted !== undefined; granted = turn()) {
    const number = all.length;
    all.push(granted.then(() => served.push(number)));
  }
  return { served, count: all.length, done: Promise.all(all) };
}

describe("turns of the event loop", () => {
  it("are given to one at a time, in their order", async () => {
    const first = turn();
    const second = turn();
    const served: number[] = [];
    void first?.then(() => served.push(1));
    void second?.then(() => served.push(2));
    await nextTurn();
    expect(served).toEqual([1]);
    await nextTurn();
    expect(served).toEqual([1, 2]);
  });

  it("are had by no more than so many, each of them once and in order, and then again", async () => {
    const { served, count, done } = takeAll();
    expect(count).toBe(32);
    expect(turn()).toBeUndefined();
    await done;
    expect(served).toEqual(Array.from({ length: count }, (_, number) => number));
    await expect(turn()).resolves.toBeUndefined();
  });

  it("are shared by all who wait where a turn takes long", async () => {
    const { served, count } = takeAll();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    await nextTurn();
    expect(served).toHaveLength(count);
  });
});
