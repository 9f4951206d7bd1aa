import { performance } from "node:perf_hooks";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { median, percentile } from "./measure.mjs";

/**
 * Makes `count` calls, `inFlight` at a time: the memory of the process after the `first` of them and after all, see
 * {@link memory}, and the median and the 99th percentile of the time that a call took, in milliseconds.
 */
export async function series(once, inFlight, first, count) {
  // Written to at once, so that its memory is there before any is measured.
  const times = new Float64Array(count).fill(-1);
  let begun = 0;
  const lane = async (end) => {
    while (begun < end) {
      const index = begun++;
      const begin = performance.now();
      await once();
      times[index] = performance.now() - begin;
    }
  };
  const runTo = (end) => Promise.all(Array.from({ length: inFlight }, () => lane(end)));
  await runTo(first);
  const afterFirst = await memory();
  await runTo(count);
  const atEnd = await memory();
  return { afterFirst, atEnd, p50: median(times), p99: percentile(times, 0.99) };
}

/** Starts `count` calls at once, so many times: the processor time of this process for each, in microseconds. */
export async function bursts(once, count, times) {
  const cpu = process.cpuUsage();
  for (let made = 0; made < times; made++) await Promise.all(Array.from({ length: count }, () => once()));
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / (count * times);
}

/** Starts `count` calls at once: the memory that each takes while it waits, in bytes. */
export async function waiting(once, count) {
  globalThis.gc();
  const before = used();
  const calls = Array.from({ length: count }, () => once());
  await nextTurn();
  globalThis.gc();
  const bytes = (used() - before) / count;
  await Promise.all(calls);
  return bytes;
}

/** Calls for `ms` milliseconds, `inFlight` at a time: how many were answered after the first `skippedMs`. */
export async function answered(once, inFlight, skippedMs, ms) {
  const begin = performance.now();
  let count = 0;
  const lane = async () => {
    while (performance.now() - begin < ms) {
      await once();
      const elapsed = performance.now() - begin;
      if (elapsed >= skippedMs && elapsed < ms) count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count;
}

/**
 * Calls for `ms` milliseconds after the first `skippedMs`, `inFlight` at a time: the mean time of a call that began after
 * those, in milliseconds. In the beginning all are sent at once, and answered at once, by code that was not used for a while.
 */
export async function steady(once, inFlight, skippedMs, ms) {
  const from = performance.now() + skippedMs;
  let [count, busyMs] = [0, 0];
  const lane = async () => {
    for (let begin = performance.now(); begin < from + ms; ) {
      await once();
      const end = performance.now();
      if (begin >= from) {
        count++;
        busyMs += end - begin;
      }
      begin = end;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return busyMs / count;
}

/**
 * V8 gives back what it has set aside for young objects where a collection finds that little was allocated since those of the
 * last five seconds. Before, it holds the more of it, the longer there was work, whoever did it.
 */
const REST_MS = 6000;

/** RSS as the work leaves it, and RSS and heap of a process that rests, its garbage gone; in bytes. */
async function memory() {
  const { rss: busyRss } = process.memoryUsage();
  globalThis.gc();
  await delay(REST_MS);
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await delay(100);
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { busyRss, rss, heapUsed };
}

function used() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
