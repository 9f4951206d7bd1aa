import type { Row } from "./row.js";
import { HARMLESS, LATE } from "./row.js";

const DAY_MS = 86_400_000;
/** Longer than any call of these tests may take. */
const TOO_LONG_MS = 60_000;

/** Faults of time. */
export const TIMES: readonly Row[] = [
  { title: "latency", fault: { kind: "latency", ms: 20 }, nature: HARMLESS },
  {
    title: "a spike of latency",
    fault: { kind: "latency-spike", spikeMs: 30, spikeProbability: 1, ms: TOO_LONG_MS },
    nature: HARMLESS,
  },
  {
    title: "a spike of latency that is too long",
    fault: { kind: "latency-spike", spikeMs: TOO_LONG_MS, spikeProbability: 1 },
    nature: LATE,
    isSlow: true,
  },
  { title: "a clock that is a day fast", fault: { kind: "clock-offset", ms: DAY_MS }, nature: HARMLESS },
  { title: "a clock that is a day slow", fault: { kind: "clock-offset", ms: -DAY_MS }, nature: HARMLESS },
  { title: "silence", fault: { kind: "silence" }, nature: LATE, isSlow: true },
  {
    title: "a body of one byte a second",
    fault: { kind: "slow-body", bytesPerSecond: 1 },
    nature: LATE,
    isSlow: true,
  },
];
