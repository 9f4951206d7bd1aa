import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import { text } from "../http/reply.js";
import type { EffectTable } from "./effect.js";
import { atLeast, header } from "./effect.js";
import type { FaultBody, InterceptingFault } from "./fault.js";

const PAGE =
  "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something is wrong</h1></body></html>\n";

const BODIES: Readonly<Record<FaultBody, (status: number) => Reply>> = {
  problem: (status) => problem(status, "The emulator was told to fail."),
  html: (status) => ({ ...text(PAGE, "text/html; charset=utf-8"), status }),
  text: (status) => ({ ...text("The emulator was told to fail.", "text/plain; charset=utf-8"), status }),
  empty: (status) => ({ status, headers: {}, body: { bytes: Buffer.alloc(0) } }),
};

const REDIRECTS: ReadonlySet<unknown> = new Set([301, 302, 303, 307, 308]);

/** Faults before or instead of the handling. */
export const INTERCEPTIONS: Pick<EffectTable, InterceptingFault["kind"]> = {
  latency: ({ ms }) => ({ delayMs: atLeast(0, "ms", ms) }),

  status({ status, retryAfter, body = "problem" }) {
    if (!Number.isInteger(atLeast(200, "status", status)) || status > 599) {
      throw new TypeError(`status must be an HTTP status, not ${status}.`);
    }
    if (!Object.hasOwn(BODIES, body)) throw new TypeError(`There is no body '${body}'.`);
    if (retryAfter !== undefined) header("Retry-After", retryAfter);
    return {
      intercept() {
        const reply = BODIES[body](status);
        return retryAfter === undefined
          ? reply
          : { ...reply, headers: { ...reply.headers, "Retry-After": retryAfter } };
      },
    };
  },

  html: () => ({ intercept: () => BODIES.html(200) }),

  redirect({ location, status = 307 }) {
    if (!REDIRECTS.has(status)) throw new TypeError(`${String(status)} is no status of a redirect.`);
    const headers = { Location: header("Location", location) };
    return { intercept: () => ({ status, headers, body: { bytes: Buffer.alloc(0) } }) };
  },

  silence: () => ({
    intercept(response) {
      // What is never read would hold back its sender, which is not what silence is about.
      response.req.resume();
      return undefined;
    },
  }),
};
