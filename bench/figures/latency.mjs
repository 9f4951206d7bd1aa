import { openClient, openFloor } from "../support/clients.mjs";
import { flood, interleave, latencies, median, ratio } from "../support/measure.mjs";
import { compared, figure, heading, micros, perSecond } from "../support/report.mjs";

const SERVER_MS = 20;

/** One signature at a time, and 64 at a time on a server that takes its time. */
export async function latency(service, { rounds, roundMs }) {
  heading(
    `One in flight, medians of ${rounds} interleaved rounds; and 64 in flight on a server that waits ${SERVER_MS} ms`,
    "floor: the same bare request, and crypto.verify where it says verified",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const floor = await openFloor(service, kind);
    const unverified = await openClient(service, kind, { verifySignatures: false });
    const verified = await openClient(service, kind);
    const results = await interleave(rounds, {
      bare: () => latencies(floor.bare, roundMs / 2),
      unverified: () => latencies(unverified.sign, roundMs / 2),
      bareVerified: () => latencies(floor.verified, roundMs / 2),
      verified: () => latencies(verified.sign, roundMs / 2),
    });
    compareLatencies(`${kind}, unverified`, results.unverified, results.bare);
    compareLatencies(`${kind}, verified`, results.verified, results.bareVerified);
    if (kind === "RSA-2048") await slowServer(service, floor.bare, verified.sign, rounds, roundMs);
    await Promise.all([floor.close(), unverified.close(), verified.close()]);
  }
}

function compareLatencies(name, ours, floor) {
  const extra = median(ours.map((each, round) => each.median - floor[round].median));
  figure(`${name}, over the floor`, {
    value: micros(median(ours.map((each) => each.median))),
    floor: micros(median(floor.map((each) => each.median))),
    ratio: `+ ${micros(extra)}`,
    target: "≤ + 40 µs",
    passed: extra <= 40,
  });
}

async function slowServer(service, bare, sign, rounds, roundMs) {
  await service.setLatency(SERVER_MS);
  const results = await interleave(Math.min(rounds, 5), {
    floor: () => flood(bare, 64, roundMs),
    ours: () => flood(sign, 64, roundMs),
  });
  await service.setLatency(0);
  const [ours, floor] = [results.ours, results.floor].map((series) => series.map(({ rate }) => rate));
  const summary = {
    value: perSecond(median(ours)),
    floor: perSecond(median(floor)),
    ratio: ratio(ours, floor),
  };
  compared(`RSA-2048, verified, server of ${SERVER_MS} ms`, summary, { atLeast: 0.95 });
}
