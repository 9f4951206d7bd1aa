import { performance } from "node:perf_hooks";
import type { Outside } from "../../api/transport/outside.js";
import { isSignPathError, SignPathError } from "../../base/errors.js";
import type { Imprint, Timestamp } from "./ask.js";
import type { AuthorityPlan, TimestampPlan } from "./plan.js";
import { TimestampError } from "./timestamp-error.js";

/**
 * Of those that spread their load over authorities: how many there were. Processes that make one call each do not all begin
 * with the same authority.
 */
let calls = Math.floor(Math.random() * 2 ** 32);

/**
 * Asks one authority after the other until one gives a timestamp that holds.
 *
 * @throws {TimestampError} where none does
 * @throws {SignPathError} `ABORTED`
 */
export async function obtain(outside: Outside, plan: TimestampPlan, imprint: Imprint): Promise<Timestamp> {
  // With pkijs, which whoever only signs need not wait for, nor have in memory.
  const { ask } = await import("./ask.js");
  const { signal, totalTimeoutMs = outside.totalTimeoutMs } = plan;
  const deadline = performance.now() + totalTimeoutMs;
  const failures: SignPathError[] = [];
  for (const authority of inTurn(plan)) {
    const left = deadline - performance.now();
    if (left <= 0) {
      failures.push(notAsked(authority, totalTimeoutMs));
      continue;
    }
    try {
      const limits = { ...authority.limits, totalTimeoutMs: left };
      return await ask(outside, authority, imprint, { signal, limits });
    } catch (error) {
      if (!isSignPathError(error) || error.code === "ABORTED") throw error;
      failures.push(error);
    }
  }
  throw new TimestampError(failures);
}

function inTurn({ authorities, order }: TimestampPlan): readonly AuthorityPlan[] {
  if (order === "sequential") return authorities;
  const first = calls++ % authorities.length;
  return [...authorities.slice(first), ...authorities.slice(0, first)];
}

function notAsked({ name }: AuthorityPlan, totalTimeoutMs: number): SignPathError {
  const message = `The timestamp authority ${name} was not asked: ${Math.round(totalTimeoutMs)} ms were over`;
  return new SignPathError("TIMEOUT", message, { stage: "timestamp", retryable: true });
}
