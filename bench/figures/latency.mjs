import { interleave, median } from "../support/measure.mjs";
import { figure, heading, micros } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

/** One signature at a time: the time that it takes beyond a bare request and the check of the signature. */
export async function latency(service, { rounds, roundMs }) {
  heading(
    `One in flight, medians of ${rounds} pairs of neighbouring rounds of ${roundMs / 2} ms`,
    "floor: the same bare request, and crypto.verify where it says verified",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const runners = await startRunners(service, kind);
    const pair = (ours, floor) =>
      interleave(rounds, {
        ours: () => ours.latencies(roundMs / 2),
        floor: () => floor.latencies(roundMs / 2),
      });
    over(`${kind}, unverified, over the floor`, await pair(runners.unverified, runners.floor));
    over(`${kind}, verified, over the floor`, await pair(runners.verified, runners.floorVerified));
    stopRunners(runners);
  }
}

function over(name, { ours, floor }) {
  const extra = median(ours.map((each, round) => each.median - floor[round].median));
  figure(name, {
    value: micros(median(ours.map((each) => each.median))),
    floor: micros(median(floor.map((each) => each.median))),
    ratio: `+ ${micros(extra)}`,
    target: "≤ + 40 µs",
    passed: extra <= 40,
  });
}
