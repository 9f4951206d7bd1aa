import type { Style } from "../shell/style.js";
import type { BatchProgress } from "./batch-progress.js";
import type { RateMeter } from "./rate.js";
import { bytesText, digits, spanText } from "./units.js";
import { waitingFor } from "./waiting.js";
import { cut, widthOf } from "./width.js";

/** A part of the line, in the order of how much it is wanted; `at` is where it stands. */
interface Part {
  readonly at: number;
  readonly text: string;
  readonly colour?: (text: string) => string;
}

const BAR = 16;
const GAP = "  ";

/** How much of the work of a batch a file is, beside its bytes: what is hashed while the service is waited for. */
const BYTES_OF_A_REQUEST = 16 * 1024 * 1024;

/** Below this a cut text tells nothing. */
const LEAST_CUT = 12;

/** What is hashed before anybody could look at how much it is. */
const SMALL_BYTES = 1_000_000;

/** Below this the rate is noise. */
const LEAST_RATE = 0.05;

/** How far a batch is, in one line of at most `columns`: the narrower, the less. */
export function statusLine(
  progress: BatchProgress,
  meter: RateMeter,
  now: number,
  columns: number,
  style: Style,
): string {
  const line: Part[] = [];
  let room = columns;
  for (const part of partsOf(progress, meter, now, style)) {
    if (part.text === "") continue;
    const gap = line.length === 0 ? 0 : GAP.length;
    const text = fitted(part, room - gap);
    if (text === undefined) continue;
    line.push({ ...part, text });
    room -= gap + widthOf(text);
  }
  line.sort((a, b) => a.at - b.at);
  return line.map(({ text, colour }) => colour?.(text) ?? text).join(GAP);
}

const WAITING = 5;

function fitted({ at, text }: Part, room: number): string | undefined {
  if (widthOf(text) <= room) return text;
  return at === WAITING && room >= LEAST_CUT ? cut(text, room) : undefined;
}

function partsOf(progress: BatchProgress, meter: RateMeter, now: number, style: Style): Part[] {
  const { all, files, bytes, failed } = progress;
  const done = { files, bytes };
  const left = meter.timeLeft(now, done, all);
  const rate = meter.rate(now, done);
  const hasMany = all.files > 1;
  const isSmall = all.bytes < SMALL_BYTES;
  return [
    { at: 1, text: `${files}/${all.files}` },
    { at: 2, text: failed === 0 ? "" : `${failed} failed`, colour: style.red },
    { at: WAITING, text: waitingFor(progress, now), colour: style.dim },
    { at: 4, text: left === undefined ? "" : `${spanText(left)} left` },
    { at: 0, text: bar(share(progress)) },
    { at: 3, text: isSmall ? "" : `${bytesText(bytes)} of ${bytesText(all.bytes)}` },
    { at: 3.5, text: hasMany && rate.files >= LEAST_RATE ? `${digits(rate.files)} files/s` : "" },
    { at: 3.6, text: !isSmall && rate.bytes >= 1 ? `${bytesText(rate.bytes)}/s` : "" },
  ];
}

function share({ all, files, bytes }: BatchProgress): number {
  const total = all.bytes + all.files * BYTES_OF_A_REQUEST;
  return total === 0 ? 1 : Math.min(1, (bytes + files * BYTES_OF_A_REQUEST) / total);
}

function bar(part: number): string {
  const full = Math.floor(part * BAR);
  return `[${"=".repeat(full)}${" ".repeat(BAR - full)}] ${String(Math.floor(part * 100)).padStart(3)}%`;
}
