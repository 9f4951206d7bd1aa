import { setTimeout as delay } from "node:timers/promises";
import { interleave, median, spread } from "../support/measure.mjs";
import { compared, heading, millis } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const IN_FLIGHT = 64;
/** Of each round, what is not measured, and what is. */
const [SKIPPED_MS, ROUND_MS] = [1000, 1500];

/** 64 in flight on a server that takes its time: how near the time of a call comes to the server's own. */
export async function slow(service, { longRounds }) {
  heading(
    `${IN_FLIGHT} in flight on a server that waits, medians of ${longRounds} interleaved rounds of ${ROUND_MS} ms: time of a call`,
    "floor: the same bare request, and crypto.verify where it says verified",
    `of each round the first ${SKIPPED_MS} ms, in which all ${IN_FLIGHT} are sent at once and answered at once, are not measured`,
    `ratio: rate, to ${IN_FLIGHT} / the server's time from the receipt of a request to its answer, as it measured it itself`,
  );
  for (const kind of ["RSA-2048", "P-256"]) {
    const runners = await startRunners(service, kind);
    for (const latencyMs of [20, 50]) {
      await service.setLatency(latencyMs);
      const results = await interleave(
        longRounds,
        Object.fromEntries(
          Object.entries(runners).map(([name, runner]) => [name, () => measure(service, runner)]),
        ),
      );
      await service.setLatency(0);
      report(`${kind}, ${latencyMs} ms, unverified`, results.unverified, results.floor);
      report(`${kind}, ${latencyMs} ms, verified`, results.verified, results.floorVerified);
    }
    stopRunners(runners);
  }
}

async function measure(service, runner) {
  const measured = runner.steady(IN_FLIGHT, SKIPPED_MS, ROUND_MS);
  await delay(SKIPPED_MS);
  await service.seen();
  const callMs = await measured;
  const { delayed, delayedMs } = await service.seen();
  const serverMs = delayedMs / delayed;
  return { callMs, serverMs, share: serverMs / callMs };
}

function report(name, ours, floor) {
  const each = (series, what) => series.map((round) => round[what]);
  compared(
    name,
    {
      value: millis(median(each(ours, "callMs"))),
      floor: millis(median(each(floor, "callMs"))),
      ratio: spread(each(ours, "share")),
    },
    { atLeast: 0.95 },
  );
  const other = spread(each(floor, "share"));
  compared("  the floor's own, and the server's time", {
    value: millis(median(each(ours, "serverMs"))),
    floor: millis(median(each(floor, "serverMs"))),
    ratio: other,
  });
}
