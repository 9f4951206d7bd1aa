import { interleave, median, ratio } from "../support/measure.mjs";
import { compared, heading, micros, perSecond } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const IN_FLIGHT = 64;

/** Signatures per second and processor time with 64 in flight, against bare requests of undici's pool. */
export async function throughput(service, { rounds, roundMs }) {
  heading(
    `${IN_FLIGHT} signatures in flight, 1 KiB, medians of ${rounds} interleaved rounds of ${roundMs} ms`,
    "floor: undici's Pool.request, 64 connections, constant body, answer read as JSON; verified: and crypto.verify",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const runners = await startRunners(service, kind);
    const run = (name) => () => runners[name].flood(IN_FLIGHT, roundMs);
    const names = Object.keys(runners);
    const results = await interleave(rounds, Object.fromEntries(names.map((name) => [name, run(name)])));
    stopRunners(runners);
    compare(`${kind}, unverified`, results.unverified, results.floor, { atMost: 1.3 });
    compare(`${kind}, verified`, results.verified, results.floorVerified);
  }
}

function compare(name, ours, floor, cpuTarget) {
  const rates = (series) => series.map(({ rate }) => rate);
  const costs = (series) => series.map(({ cpuMicros }) => cpuMicros);
  compared(name, summary(rates(ours), rates(floor), perSecond), { atLeast: 0.9 });
  compared("  processor time per signature", summary(costs(ours), costs(floor), micros), cpuTarget);
}

function summary(ours, floor, format) {
  return { value: format(median(ours)), floor: format(median(floor)), ratio: ratio(ours, floor) };
}
