import { interleave, median, ratio } from "../support/measure.mjs";
import { compared, figure, heading, micros, perSecond } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const SERVER_MS = 20;

/** One signature at a time, and 64 at a time on a server that takes its time. */
export async function latency(service, { rounds, roundMs }) {
  heading(
    `One in flight, and 64 on a server that waits ${SERVER_MS} ms, medians of ${rounds} interleaved rounds`,
    "floor: the same bare request, and crypto.verify where it says verified",
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const runners = await startRunners(service, kind);
    const run = (name) => () => runners[name].latencies(roundMs / 2);
    const names = Object.keys(runners);
    const results = await interleave(rounds, Object.fromEntries(names.map((name) => [name, run(name)])));
    over(`${kind}, unverified, over the floor`, results.unverified, results.floor);
    over(`${kind}, verified, over the floor`, results.verified, results.floorVerified);
    if (kind === "RSA-2048") await slowServer(service, runners, rounds, roundMs);
    stopRunners(runners);
  }
}

function over(name, ours, floor) {
  const extra = median(ours.map((each, round) => each.median - floor[round].median));
  figure(name, {
    value: micros(median(ours.map((each) => each.median))),
    floor: micros(median(floor.map((each) => each.median))),
    ratio: `+ ${micros(extra)}`,
    target: "≤ + 40 µs",
    passed: extra <= 40,
  });
}

async function slowServer(service, runners, rounds, roundMs) {
  await service.setLatency(SERVER_MS);
  const results = await interleave(rounds, {
    floor: () => runners.floor.flood(64, roundMs),
    ours: () => runners.verified.flood(64, roundMs),
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
