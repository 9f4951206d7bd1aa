import { problem } from "../../http/problem.js";
import type { Reply } from "../../http/reply.js";
import { text } from "../../http/reply.js";
import type { EffectTable } from "../effect.js";
import { header, timeShift, waitingTime, within } from "../effect.js";
import type { FaultBody, InterceptingFault } from "../fault.js";

const PAGE =
  "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something is wrong</h1></body></html>\n";

const BODIES: Readonly<Record<FaultBody, (status: number) => Reply>> = {
  problem: (status) => problem(status, "The emulator was told to fail."),
  html: (status) => ({ ...text(PAGE, "text/html; charset=utf-8"), status }),
  text: (status) => ({ ...text("The emulator was told to fail.", "text/plain; charset=utf-8"), status }),
  empty: (status) => ({ status, headers: {}, body: { bytes: Buffer.alloc(0) } }),
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Faults before or instead of the handling. */
export const INTERCEPTIONS: Pick<EffectTable, InterceptingFault["kind"]> = {
  status({ status, retryAfter, retryAfterDate, body = "problem" }) {
    if (!Number.isInteger(within(200, 599, "status", status))) {
      throw new TypeError(`status must be a whole number, not ${status}.`);
    }
    if (retryAfter !== undefined) header("Retry-After", "retryAfter", retryAfter);
    if (retryAfterDate !== undefined) {
      if (retryAfter !== undefined) throw new TypeError("retryAfter and retryAfterDate exclude each other.");
      timeShift("retryAfterDate", retryAfterDate);
    }
    return {
      intercept({ now }) {
        const reply = BODIES[body](status);
        const value = retryAfterDate === undefined ? retryAfter : httpDate(now, retryAfterDate);
        return value === undefined
          ? reply
          : { ...reply, headers: { ...reply.headers, "Retry-After": value } };
      },
    };
  },

  html: () => ({ intercept: () => BODIES.html(200) }),

  redirect({ location, status = 307 }) {
    if (!REDIRECTS.has(status)) {
      throw new TypeError(`status must be one of ${[...REDIRECTS].join(", ")}, not ${String(status)}.`);
    }
    const headers = { Location: header("Location", "location", location) };
    return { intercept: () => ({ status, headers, body: { bytes: Buffer.alloc(0) } }) };
  },

  silence: () => ({
    intercept({ response }) {
      // What is never read would hold back its sender, which is not what silence is about.
      response.req.resume();
      return undefined;
    },
  }),

  refuse({ ms }) {
    waitingTime("ms", ms);
    return {
      intercept({ refuseConnections }) {
        refuseConnections(ms);
        return undefined;
      },
    };
  },
};

/** Whole seconds are all that a date in a header has: rounded up, so that nobody comes too early. */
function httpDate(now: Date, ms: number): string {
  return new Date(Math.ceil((now.getTime() + ms) / 1000) * 1000).toUTCString();
}
