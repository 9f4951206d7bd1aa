import { performance } from "node:perf_hooks";

/**
 * Calls `once` over and over, `inFlight` at a time, for `ms` milliseconds: calls per second, and the processor time that this
 * process spends on each, in microseconds.
 */
export async function flood(once, inFlight, ms) {
  let count = 0;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const end = begin + ms;
  const lane = async () => {
    while (performance.now() < end) {
      await once();
      count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: count / seconds, cpuMicros: (user + system) / count };
}

/** Calls `once` one at a time: the median and the 99th percentile of its time, in microseconds. */
export async function latencies(once, ms) {
  const micros = [];
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const begin = performance.now();
    await once();
    micros.push((performance.now() - begin) * 1000);
  }
  return { median: median(micros), p99: percentile(micros, 0.99) };
}

/**
 * Measures several things round by round, in each round in another order, so that whatever else the machine does
 * meets all of them alike. One round goes ahead that does not count, unless they are warm. Returns the measurements by
 * name.
 */
export async function interleave(rounds, runs, warmUp = true) {
  const results = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, run] of shuffled(Object.entries(runs))) {
      const result = await run();
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

/** The ratio of two series, round by round. */
export function ratio(values, floors) {
  return spread(values.map((value, round) => value / floors[round]));
}

/** The least, the middle and the greatest of some values. */
export function spread(values) {
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)];
}

function shuffled(list) {
  return list
    .map((item) => [Math.random(), item])
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
