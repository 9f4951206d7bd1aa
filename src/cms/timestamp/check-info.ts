import type * as pkijs from "pkijs";
import { Undecodable } from "../../api/decode.js";
import { equal } from "../../base/bytes.js";
import type { Wanted } from "./request.js";

/** How old the time of a fresh timestamp may be by this machine's clock, and how far that clock may be behind. */
const MOST_BEHIND_MS = 5 * 60_000;
const MOST_AHEAD_MS = 60_000;

/** When a timestamp was asked for, and when it came: milliseconds since 1970. */
export interface Interval {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * Checks that a TSTInfo (RFC 3161, section 2.4.2) is about what was asked for, and from now.
 *
 * @throws {Undecodable} saying what is wrong
 */
export function checkInfo(info: pkijs.TSTInfo, wanted: Wanted, interval: Interval): void {
  if (info.version !== 1) throw new Undecodable(`its version is ${info.version}, not 1`);
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  if (hashAlgorithm.algorithmId !== wanted.hash.oid)
    throw new Undecodable("it is about a digest by another hash than the one that was sent");
  if (!equal(hashedMessage.valueBlock.valueHexView, wanted.digest))
    throw new Undecodable("it is about another digest than the one that was sent");
  const nonce = info.nonce?.valueBlock.valueHexView;
  if (nonce === undefined) throw new Undecodable("it does not repeat the nonce that was sent");
  if (!equal(nonce, wanted.nonce)) throw new Undecodable("it has another nonce than the one that was sent");
  if (wanted.policy !== undefined && info.policy !== wanted.policy)
    throw new Undecodable(`it is under policy ${info.policy}, not ${wanted.policy} as was asked for`);
  checkTime(info, interval);
}

function checkTime(info: pkijs.TSTInfo, { askedAt, answeredAt }: Interval): void {
  const time = info.genTime.getTime();
  if (Number.isNaN(time)) throw new Undecodable("its time is none");
  const accuracy = accuracyOf(info.accuracy);
  const said = (): string => {
    const [theirs, ours] = [time, answeredAt].map((ms) => new Date(ms).toISOString());
    return `its time is ${theirs}, and this machine's clock says ${ours}`;
  };
  if (time - Math.max(accuracy, MOST_AHEAD_MS) > answeredAt)
    throw new Undecodable(`it is from the future: ${said()}`);
  if (time + accuracy < askedAt - MOST_BEHIND_MS) throw new Undecodable(`it is not fresh: ${said()}`);
}

/** In milliseconds; what an authority that is off by more says of itself is not believed. */
function accuracyOf(accuracy: pkijs.Accuracy | undefined): number {
  const { seconds = 0, millis = 0, micros = 0 } = accuracy ?? {};
  return Math.min(Math.max(0, seconds * 1000 + millis + micros / 1000), MOST_BEHIND_MS);
}
