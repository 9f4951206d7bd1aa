import { openClient, openFloor } from "../support/clients.mjs";
import { flood, interleave, median, ratio } from "../support/measure.mjs";
import { compared, heading, micros, perSecond } from "../support/report.mjs";

const IN_FLIGHT = 64;

/** Signatures per second and processor time with 64 in flight, against bare requests of undici's pool. */
export async function throughput(service, { rounds, roundMs }) {
  heading(
    `${IN_FLIGHT} signatures in flight, 1 KiB, medians of ${rounds} interleaved rounds of ${roundMs} ms`,
    "floor: undici's Pool.request, 64 connections, constant body, answer read as text; verified: and crypto.verify",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const floor = await openFloor(service, kind);
    const unverified = await openClient(service, kind, { verifySignatures: false });
    const verified = await openClient(service, kind);
    const results = await interleave(rounds, {
      bare: () => flood(floor.bare, IN_FLIGHT, roundMs),
      unverified: () => flood(unverified.sign, IN_FLIGHT, roundMs),
      bareVerified: () => flood(floor.verified, IN_FLIGHT, roundMs),
      verified: () => flood(verified.sign, IN_FLIGHT, roundMs),
    });
    await Promise.all([floor.close(), unverified.close(), verified.close()]);
    compare(`${kind}, unverified`, results.unverified, results.bare, { atMost: 1.3 });
    compare(`${kind}, verified`, results.verified, results.bareVerified);
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
