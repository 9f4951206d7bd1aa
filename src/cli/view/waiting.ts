import { visible } from "../shell/output.js";
import { STREAM } from "../sign/plan.js";
import type { BatchProgress, OpenCall } from "./batch-progress.js";
import { spanText } from "./units.js";

/** Whom a request is asked of, by what it is called; of all others the service. */
const PEERS: ReadonlyMap<string, string> = new Map([
  ["timestamp", "a timestamp"],
  ["issuer's certificate", "an issuer"],
]);
const SERVICE = "the service";

/** What a batch waits for at the moment, in a few words; the most telling first. */
export function waitingFor(progress: BatchProgress, now: number): string {
  if (progress.reason !== undefined) return `waiting: ${visible(progress.reason)}`;
  const calls = [...progress.calls.values()];
  const parts = [...retries(calls, now), ...reading(progress), ...asked(calls)];
  if (isHeldBack(progress, calls, now)) parts.unshift("held back by the rate limit");
  if (progress.isStopping) parts.unshift("finishing, Ctrl-C again to stop");
  return parts.join(", ");
}

function retries(calls: readonly OpenCall[], now: number): string[] {
  const later = calls.flatMap(({ retry }) => (retry !== undefined && retry.at > now ? [retry] : []));
  const [first, ...others] = later.sort((a, b) => a.at - b.at);
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return [`retry in ${spanText(Math.max(1000, first.at - now))} after ${first.code}${more}`];
}

function reading({ inFlight }: BatchProgress): string[] {
  const unread = [...inFlight].filter(([, { bytes, read }]) => read < bytes);
  const [first] = unread;
  if (first === undefined) return [];
  if (unread.length > 1) return [`hashing ${unread.length} files`];
  const [file, { bytes, read }] = first;
  return [`hashing ${file === STREAM ? "stdin" : visible(file)} ${Math.floor((100 * read) / bytes)}%`];
}

function asked(calls: readonly OpenCall[]): string[] {
  const counts = new Map<string, number>();
  for (const { what, retry } of calls) {
    const peer = PEERS.get(what) ?? SERVICE;
    if (retry === undefined) counts.set(peer, (counts.get(peer) ?? 0) + 1);
  }
  return [...counts].map(([peer, count]) => `waiting for ${peer}${count === 1 ? "" : ` (${count})`}`);
}

/** Whether there is something to ask that is not asked: because it was too fast, and waits for its turn. */
function isHeldBack(progress: BatchProgress, calls: readonly OpenCall[], now: number): boolean {
  if (!progress.isThrottled(now)) return false;
  const isUnderWay = calls.some(({ retry }) => retry === undefined || retry.at > now);
  return !isUnderWay && progress.inFlight.size > 0;
}
