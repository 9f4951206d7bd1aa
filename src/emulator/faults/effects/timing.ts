import type { EffectTable } from "../effect.js";
import { timeShift, waitingTime, within } from "../effect.js";
import type { TimingFault } from "../fault.js";

/** Faults of time. */
export const TIMING: Pick<EffectTable, TimingFault["kind"]> = {
  latency({ ms }) {
    waitingTime("ms", ms);
    return { delay: () => ms };
  },

  "latency-spike"({ spikeMs, spikeProbability = 0.01, ms = 0 }) {
    waitingTime("spikeMs", spikeMs);
    waitingTime("ms", ms);
    within(0, 1, "spikeProbability", spikeProbability);
    return { delay: (random) => (random() < spikeProbability ? spikeMs : ms) };
  },

  "clock-offset": ({ ms }) => ({ clockOffset: timeShift("ms", ms) }),
};
