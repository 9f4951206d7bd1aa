import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { Lane } from "../../../src/api/transport/lane.js";

function openLane(): Lane {
  const lane = new Lane();
  onTestFinished(() => lane.close());
  return lane;
}

/** Something whose end, as the lane tells it, can be waited for. */
function timed() {
  const ends: number[] = [];
  return { ends, expire: () => void ends.push(performance.now()) };
}

function watch(lane: Lane, watched: { expire(): void }, limitMs: number): number {
  const now = performance.now();
  lane.watch(watched, now, now + limitMs, true);
  return now + limitMs;
}

test("a lane tells what is on it when its time is up, once, and not before", async () => {
  const lane = openLane();
  const watched = timed();
  const deadline = watch(lane, watched, 30);
  await expect.poll(() => watched.ends.length).toBe(1);
  await delay(60);
  expect(watched.ends).toHaveLength(1);
  expect(watched.ends[0]).toBeGreaterThanOrEqual(deadline);
});

test("what comes later has all of its own time, though the timer was set for what came before", async () => {
  const lane = openLane();
  const [first, second] = [timed(), timed()];
  watch(lane, first, 40);
  await delay(20);
  lane.endWatch();
  const deadline = watch(lane, second, 60);
  await expect.poll(() => second.ends.length).toBe(1);
  expect(second.ends[0]).toBeGreaterThanOrEqual(deadline);
  expect(first.ends).toEqual([]);
});

test("what has less time than what came before is not kept waiting for its timer", async () => {
  const lane = openLane();
  const [patient, hasty] = [timed(), timed()];
  watch(lane, patient, 3_600_000);
  lane.endWatch();
  watch(lane, hasty, 20);
  await expect.poll(() => hasty.ends.length).toBe(1);
  expect(patient.ends).toEqual([]);
});

test("many in a row set one timer", () => {
  const lane = openLane();
  const set = vi.spyOn(globalThis, "setTimeout");
  for (let count = 0; count < 100; count++) {
    watch(lane, timed(), 30_000);
    lane.endWatch();
  }
  expect(set).toHaveBeenCalledTimes(1);
});
