import { interleave, median, ratio } from "../support/measure.mjs";
import { compared, figure, heading, kibibytes, micros } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const COUNTS = [10, 1000, 10_000, 100_000];
/** Each measurement makes so many signatures at least. */
const LEAST_SIGNATURES = 50_000;

/** Calls that are started all at once and wait in the client: what each costs, and what memory it takes. */
export async function queue(service, { longRounds }) {
  const rounds = Math.ceil(longRounds / 3);
  heading(
    `Calls started at once, RSA-2048, unverified: processor time for each, medians of ${rounds} interleaved rounds`,
    "floor: bare requests, started at once, that wait in undici's pool",
  );
  const runners = await startRunners(service, "RSA-2048");
  const costs = [];
  for (const [index, series] of Object.entries(await measure(runners, rounds))) {
    const cost = { ours: median(series.ours), floor: median(series.floor) };
    costs.push(cost);
    compared(`${COUNTS[index]} at once`, {
      value: micros(cost.ours),
      floor: micros(cost.floor),
      ratio: ratio(series.ours, series.floor),
    });
  }
  constant(costs);
  const most = COUNTS.at(-1);
  figure(`memory per waiting call, ${most} at once`, {
    value: kibibytes(await runners.unverified.waiting(most)),
    floor: kibibytes(await runners.floor.waiting(most)),
  });
  stopRunners(runners);
}

/** The costs of each count, of all rounds. */
async function measure(runners, rounds) {
  const run = (runner, count) => () => runner.bursts(count, Math.ceil(LEAST_SIGNATURES / count));
  const runs = COUNTS.flatMap((count, index) => [
    [`ours ${index}`, run(runners.unverified, count)],
    [`floor ${index}`, run(runners.floor, count)],
  ]);
  const results = await interleave(rounds, Object.fromEntries(runs), false);
  return COUNTS.map((_, index) => ({ ours: results[`ours ${index}`], floor: results[`floor ${index}`] }));
}

function constant(costs) {
  const factor = (name) => {
    const values = costs.map((cost) => cost[name]);
    return Math.max(...values) / Math.min(...values);
  };
  figure("largest / smallest", {
    value: factor("ours").toFixed(2),
    floor: factor("floor").toFixed(2),
    target: "≤ 1.3",
    passed: factor("ours") <= 1.3,
  });
}
