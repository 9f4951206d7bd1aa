import { expect, it } from "vitest";
import { Ring } from "../../src/emulator/ring.js";

it("a ring keeps the newest, gives what had to go, and counts from the oldest", () => {
  const ring = new Ring<number>(3);
  expect(ring.shift()).toBeUndefined();
  const dropped = Array.from({ length: 8 }, (_, number) => ring.push(number));
  expect(dropped).toEqual([undefined, undefined, undefined, 0, 1, 2, 3, 4]);
  expect(ring.toArray()).toEqual([5, 6, 7]);
  expect(ring.shift()).toBe(5);
  expect([ring.size, ring.at(0), ring.at(1), ring.at(2), ring.at(-1)]).toEqual([
    2,
    6,
    7,
    undefined,
    undefined,
  ]);
  ring.push(8);
  ring.push(9);
  expect(ring.toArray()).toEqual([7, 8, 9]);
});
