import { serverTimeMs } from "../../../api/transport/retry.js";
import type { Context } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, skipped, warning } from "../finding.js";

/** From here on a timestamp of right time is refused. */
const MOST_OFF_MS = 300_000;
const WORTH_TELLING_MS = 60_000;
/** A `Date` header has no fractions. */
const SECOND_MS = 1000;

/** This machine's clock against the server's. */
export async function checkClock({ service }: Pick<Context, "service">): Promise<Finding[]> {
  const { clock } = await service();
  const from = clock === undefined ? Number.NaN : serverTimeMs(clock.date, Number.NaN);
  if (clock === undefined || Number.isNaN(from))
    return [skipped("NOT_APPLICABLE", "the server did not tell the time")];
  // The server wrote it some time between the two, in that second.
  const [least, most] = [clock.askedAt - from - SECOND_MS, clock.answeredAt - from];
  const offMs = least > 0 ? least : Math.min(most, 0);
  const tolerance = (most - least) / 2;
  const details = {
    offMs: Math.round(offMs),
    toleranceMs: Math.round(tolerance),
    server: new Date(from).toISOString(),
  };
  const size = Math.abs(offMs);
  if (size < WORTH_TELLING_MS)
    return [ok(`this machine's clock agrees with the server's within ${inWords(size + tolerance)}`, details)];
  const found = `this machine's clock is ${inWords(size)} ${offMs > 0 ? "fast" : "slow"}, by the server's`;
  const advice = "Set it, or have it set by NTP.";
  if (size < MOST_OFF_MS) return [warning("CLOCK_OFF", found, advice, details)];
  const breaks =
    "timestamps are refused from 5 minutes on, signing times are wrong, and certificates seem to be over or not yet valid";
  return [failure("CLOCK_WRONG", `${found}: ${breaks}`, advice, details)];
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${Math.max(1, seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
