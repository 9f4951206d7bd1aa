import { expect, test } from "vitest";
import { FixedPace } from "../../../src/api/transport/fixed-pace.js";

test("turns at one address are as far apart as its rate says, whoever takes them", () => {
  const [one, other, elsewhere] = ["a", "a", "b"].map((name) => new FixedPace(`${name}/apart`, 20));
  expect(one?.waitMs(1000)).toBe(0);
  one?.take(1000);
  expect([one, other, elsewhere].map((pace) => pace?.waitMs(1010))).toEqual([40, 40, 0]);
  expect(other?.waitMs(1050)).toBe(0);
  other?.take(1060);
  expect(one?.waitMs(1060)).toBe(50);
  expect(one?.isOpen).toBe(false);
});

test("turns that nobody took are not made up for", () => {
  const pace = new FixedPace("late", 10);
  pace.take(0);
  pace.take(10_000);
  expect(pace.waitMs(10_000)).toBe(100);
});

test("a server that asks for more time gets it", () => {
  const pace = new FixedPace("refusing", 10);
  pace.take(1000);
  pace.refused(1001, 1000, 5000);
  expect(pace.waitMs(1001)).toBe(5000);
});

test("addresses beyond those that are remembered keep their distance", () => {
  const far = performance.now() + 3_600_000;
  const kept = new FixedPace("kept", 1);
  kept.take(far);
  for (let index = 0; index < 300; index++) new FixedPace(`passing ${index}`, 1000).take(0);
  expect(kept.waitMs(far)).toBe(1000);
});
