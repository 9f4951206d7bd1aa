import { interleave, median, spread } from "../support/measure.mjs";
import { compared, heading, perSecond } from "../support/report.mjs";
import { startRunners, stopRunners } from "../support/runners.mjs";

const IN_FLIGHT = 64;
const ROUND_MS = 2000;

/** 64 in flight on a server that takes its time: how near the rate comes to what the server's time allows. */
export async function slow(service, { longRounds }) {
  heading(
    `${IN_FLIGHT} in flight on a server that waits, medians of ${longRounds} interleaved rounds of ${ROUND_MS} ms`,
    `floor: the same bare request; ratio: to what is possible, ${IN_FLIGHT} / the wait`,
  );
  const runners = await startRunners(service, "RSA-2048");
  for (const latencyMs of [20, 50]) {
    await service.setLatency(latencyMs);
    const results = await interleave(longRounds, {
      floor: () => runners.floor.flood(IN_FLIGHT, ROUND_MS),
      unverified: () => runners.unverified.flood(IN_FLIGHT, ROUND_MS),
      verified: () => runners.verified.flood(IN_FLIGHT, ROUND_MS),
    });
    await service.setLatency(0);
    const possible = (IN_FLIGHT * 1000) / latencyMs;
    const rates = (name) => results[name].map(({ rate }) => rate);
    const row = (name) => ({
      value: perSecond(median(rates(name))),
      floor: perSecond(median(rates("floor"))),
      ratio: spread(rates(name).map((rate) => rate / possible)),
    });
    compared(`${latencyMs} ms, unverified, of ${perSecond(possible)}`, row("unverified"), { atLeast: 0.95 });
    compared(`${latencyMs} ms, verified, of the same`, row("verified"));
    compared(`${latencyMs} ms, the floor, of the same`, { ...row("floor"), value: "" });
  }
  stopRunners(runners);
}
