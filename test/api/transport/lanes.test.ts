import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lane } from "../../../src/api/transport/lane.js";
import { Lanes } from "../../../src/api/transport/lanes.js";

const isWanted = (): boolean => true;

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
    const callOff = [0, 1, 2, 3].map((number) => lanes.wait(() => served.push(number), isWanted, false));
    callOff[1]?.();
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
    const wait = (name: string, hasBegun: boolean, wanted = true): void => {
      lanes.wait(
        () => served.push(name),
        () => wanted,
        hasBegun,
      );
    };
    wait("fresh 1", false);
    wait("begun 1", true);
    wait("unwanted", true, false);
    wait("fresh 2", false);
    wait("begun 2", true);
    for (let round = 0; round < 4; round++) lanes.release(only);
    expect(served).toEqual(["begun 1", "begun 2", "fresh 1", "fresh 2"]);
    lanes.release(only);
    expect(lanes.take()).toBe(only);
  });

  it("serve a queue of any length, called off at any place, once each and in order", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (calledOff) => {
        const lanes = new Lanes(1);
        const only = take(lanes);
        const served: number[] = [];
        const waiting = calledOff.map((_, number) => lanes.wait(() => served.push(number), isWanted, false));
        calledOff.forEach((off, number) => {
          if (off) waiting[number]?.();
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
      const grant = (): void => {
        served.push(number);
        if (number < 10) lanes.wait(() => served.push(-number), isWanted, false);
      };
      lanes.wait(grant, isWanted, false);
    }
    for (let round = 0; round < 10_010; round++) lanes.release(only);
    expect(served.length).toBe(10_010);
    expect(served.slice(0, 10_000)).toEqual(Array.from({ length: 10_000 }, (_, number) => number));
    expect(served.at(-1)).toBe(-9);
  });
});
