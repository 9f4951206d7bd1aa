import { figure, heading, mebibytes, millis } from "../support/report.mjs";
import { startRunner, stopRunners, verifiedPair } from "../support/runners.mjs";

const IN_FLIGHT = 64;

/** Many signatures in one process: whether memory grows, and how long the slowest take. */
export async function scale(service, { signatures }) {
  const first = Math.min(5000, signatures / 4);
  heading(
    `${signatures} verified signatures in one process, ${IN_FLIGHT} in flight`,
    `floor: as many bare requests and crypto.verify; memory against that after ${first}, at rest: garbage and what V8 set aside for it given back`,
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const results = {};
    for (const [name, options] of Object.entries(await verifiedPair(service, kind))) {
      const runner = await startRunner(options);
      results[name] = await runner.series(IN_FLIGHT, first, signatures);
      stopRunners({ runner });
    }
    const { ours, floor } = results;
    grows(`${kind}, RSS at rest, × after ${first}`, "rss", 1.2, ours, floor);
    grows(`${kind}, heap at rest, × after ${first}`, "heapUsed", 1.1, ours, floor);
    grows(`${kind}, RSS at work, × after ${first}`, "busyRss", undefined, ours, floor);
    tail(`${kind}, p99 latency, × p50`, ours, floor);
  }
}

function grows(name, what, most, ours, floor) {
  const growth = ({ atEnd, afterFirst }) => atEnd[what] / afterFirst[what];
  figure(name, {
    value: mebibytes(ours.atEnd[what]),
    floor: mebibytes(floor.atEnd[what]),
    ratio: `${growth(ours).toFixed(2)} (floor ${growth(floor).toFixed(2)})`,
    ...(most !== undefined && { target: `≤ ${most}`, passed: growth(ours) <= most }),
  });
}

function tail(name, ours, floor) {
  const spread = ({ p99, p50 }) => p99 / p50;
  figure(name, {
    value: millis(ours.p99),
    floor: millis(floor.p99),
    ratio: `${spread(ours).toFixed(1)} (floor ${spread(floor).toFixed(1)})`,
    target: "≤ 5",
    passed: spread(ours) <= 5,
  });
}
