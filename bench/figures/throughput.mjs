import { interleave, median, ratio } from "../support/measure.mjs";
import { compared, heading, micros, perSecond } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const IN_FLIGHT = 64;

/** Signatures per second and processor time with 64 in flight, against bare requests of undici's pool. */
export async function throughput(service, { rounds, roundMs }) {
  heading(
    `${IN_FLIGHT} signatures in flight, 1 KiB, medians of ${rounds} pairs of neighbouring rounds of ${roundMs} ms`,
    "floor: undici's Pool.request, 64 connections, constant body, answer read as JSON; verified: and crypto.verify",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const runners = await startRunners(service, kind);
    const pair = (ours, floor) =>
      interleave(rounds, {
        ours: () => ours.flood(IN_FLIGHT, roundMs),
        floor: () => floor.flood(IN_FLIGHT, roundMs),
      });
    compare(`${kind}, unverified`, await pair(runners.unverified, runners.floor), { atMost: 1.3 });
    compare(`${kind}, verified`, await pair(runners.verified, runners.floorVerified));
    stopRunners(runners);
  }
}

function compare(name, { ours, floor }, cpuTarget) {
  const rates = (series) => series.map(({ rate }) => rate);
  const costs = (series) => series.map(({ cpuMicros }) => cpuMicros);
  compared(name, summary(rates(ours), rates(floor), perSecond), { atLeast: 1 });
  compared("  processor time per signature", summary(costs(ours), costs(floor), micros), cpuTarget);
}

function summary(ours, floor, format) {
  return { value: format(median(ours)), floor: format(median(floor)), ratio: ratio(ours, floor) };
}
