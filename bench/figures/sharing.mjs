import { setTimeout as delay } from "node:timers/promises";
import { figure, heading, percent, perSecond } from "../support/report.mjs";
import { startRunner, stopRunners, verifiedPair } from "../support/runners.mjs";

const IN_FLIGHT = 64;
const PER_SECOND = 200;
const SKIPPED_MS = 2000;

/** Processes that share what the server allows: whether they use it, are seldom refused, and all get some of it. */
export async function sharing(service, { sharingMs }) {
  heading(
    `A server that allows ${PER_SECOND} a second, ${sharingMs / 1000} s, ${IN_FLIGHT} calls in flight in each process; after the first ${SKIPPED_MS / 1000} s`,
    "floor: bare requests, each repeated when the Retry-After of its 429 is over",
  );
  const { ours, floor } = await verifiedPair(service, "RSA-2048");
  for (const processes of [4, 1]) {
    const results = {
      ours: await share(service, ours, processes, sharingMs),
      floor: await share(service, { ...floor, patient: true }, processes, sharingMs),
    };
    report(processes === 1 ? "1 process" : `${processes} processes`, results);
  }
}

async function share(service, options, processes, ms) {
  const runners = await Promise.all(Array.from({ length: processes }, () => startRunner(options)));
  await service.setRateLimit(PER_SECOND);
  const answered = Promise.all(runners.map((runner) => runner.answered(IN_FLIGHT, SKIPPED_MS, ms)));
  await delay(SKIPPED_MS);
  const early = await service.seen();
  await delay(ms - SKIPPED_MS);
  const late = await service.setRateLimit(Number.POSITIVE_INFINITY);
  const counts = await answered;
  stopRunners(runners);
  const sum = counts.reduce((total, count) => total + count, 0);
  return {
    rate: (sum * 1000) / (ms - SKIPPED_MS),
    refusedEarly: early.refused / early.requests,
    refused: late.refused / late.requests,
    smallestShare: Math.min(...counts) / sum,
  };
}

function report(name, { ours, floor }) {
  const used = ours.rate / PER_SECOND;
  figure(`${name}: accepted`, {
    value: perSecond(ours.rate),
    floor: perSecond(floor.rate),
    ratio: `${used.toFixed(2)} of ${PER_SECOND}/s`,
    target: "≥ 0.9",
    passed: used >= 0.9,
  });
  figure("  refused", {
    value: percent(ours.refused),
    floor: percent(floor.refused),
    target: "≤ 5 %",
    passed: ours.refused <= 0.05,
  });
  figure(`  refused in the first ${SKIPPED_MS / 1000} s`, {
    value: percent(ours.refusedEarly),
    floor: percent(floor.refusedEarly),
  });
  if (ours.smallestShare === 1) return;
  figure("  smallest share of a process", {
    value: percent(ours.smallestShare),
    floor: percent(floor.smallestShare),
    target: "≥ 5 %",
    passed: ours.smallestShare >= 0.05,
  });
}
