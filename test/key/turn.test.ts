import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { turn } from "../../src/key/turn.js";

const MOST = 32;

/** Asks for so many turns at once: the numbers of those that had one of their own, and of those that left without, as they did. */
function ask(count: number): { served: number[]; left: number[]; done: Promise<unknown> } {
  const [served, left]: [number[], number[]] = [[], []];
  const all = Array.from({ length: count }, async (_, number) =>
    ((await turn()) ? served : left).push(number),
  );
  return { served, left, done: Promise.all(all) };
}

describe("turns of the event loop", () => {
  it("are given to one at a time, in their order", async () => {
    vi.spyOn(performance, "now").mockReturnValue(0);
    const { served } = ask(2);
    await nextTurn();
    expect(served).toEqual([0]);
    await nextTurn();
    expect(served).toEqual([0, 1]);
  });

  it("are waited for by no more than so many: who has waited longest leaves first, and nobody is passed", async () => {
    const { served, left, done } = ask(MOST + 3);
    await Promise.resolve();
    expect(left).toEqual([0, 1, 2]);
    expect(served).toEqual([]);
    await done;
    expect(left).toEqual([0, 1, 2]);
    expect(served).toEqual(Array.from({ length: MOST }, (_, number) => number + 3));
    await expect(turn()).resolves.toBe(true);
  });

  it("are shared by all who wait where a turn takes long", async () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const { served } = ask(MOST);
    clock.mockReturnValue(50);
    await nextTurn();
    expect(served).toHaveLength(MOST);
  });
});
