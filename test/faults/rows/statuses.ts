import type { Row } from "./row.js";
import { UNUSABLE } from "./row.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function refused(code: "AUTHENTICATION_FAILED" | "FORBIDDEN" | "REQUEST_REJECTED", status: number): Row {
  return {
    title: `status ${status}`,
    fault: { kind: "status", status },
    nature: { is: "lasting", code, status },
  };
}

function lacking(status: number): Row {
  return { title: `status ${status}`, fault: { kind: "status", status }, nature: { is: "no-route", status } };
}

function codeOf(status: number): "THROTTLED" | "SERVICE_UNAVAILABLE" {
  return status === 429 ? "THROTTLED" : "SERVICE_UNAVAILABLE";
}

/** @param mayHaveSigned - false for what a server says before it does anything */
function busy(status: number, mayHaveSigned: boolean, body: "problem" | "html" | "text" | "empty"): Row {
  return {
    title: `status ${status} with a body that is ${body}`,
    fault: { kind: "status", status, body },
    nature: { is: "passing", code: codeOf(status), status, mayHaveSigned },
  };
}

function pause(status: number, retryAfter: string, pausePastDeadline: boolean): Row {
  return {
    title: `status ${status} with Retry-After ${retryAfter}`,
    fault: { kind: "status", status, retryAfter },
    nature: { is: "passing", code: codeOf(status), status, mayHaveSigned: false, pausePastDeadline },
  };
}

/**
 * The date that a server names is one of its own clock: it asks for a pause of `ms`, however far that clock is off.
 *
 * @param clockMs - milliseconds by which the server's clock is fast
 */
function pauseByClock(status: number, ms: number, clockMs: number): Row {
  const clock = clockMs === 0 ? "right" : clockMs > 0 ? "a day fast" : "a day slow";
  return {
    title: `status ${status} with a date in Retry-After that is ${ms / 1000} s off, by a clock that is ${clock}`,
    fault: { kind: "status", status, retryAfterDate: ms },
    ...(clockMs !== 0 && { also: { kind: "clock-offset", ms: clockMs } }),
    nature: {
      is: "passing",
      code: codeOf(status),
      status,
      mayHaveSigned: false,
      pausePastDeadline: ms > 0,
    },
  };
}

function redirect(status: 301 | 302 | 303 | 307 | 308): Row {
  return {
    title: `redirect with status ${status}`,
    fault: (elsewhere) => ({ kind: "redirect", status, location: `${elsewhere}/Api/v1/x/SigningRequests` }),
    nature: { is: "lasting", code: "INVALID_RESPONSE", status },
  };
}

/** Faults in the status of an answer. */
export const STATUSES: readonly Row[] = [
  refused("REQUEST_REJECTED", 400),
  refused("AUTHENTICATION_FAILED", 401),
  refused("REQUEST_REJECTED", 402),
  refused("FORBIDDEN", 403),
  lacking(404),
  lacking(405),
  lacking(410),
  refused("REQUEST_REJECTED", 409),
  refused("REQUEST_REJECTED", 413),
  refused("REQUEST_REJECTED", 415),
  refused("REQUEST_REJECTED", 422),
  refused("REQUEST_REJECTED", 451),
  busy(408, false, "empty"),
  busy(429, false, "problem"),
  busy(500, true, "text"),
  busy(502, true, "html"),
  busy(503, false, "html"),
  busy(504, true, "empty"),
  busy(599, true, "problem"),
  pause(408, "0", false),
  pause(408, "3600", true),
  pause(429, "0", false),
  pause(429, "3600", true),
  pause(503, "Fri, 01 Jan 2100 00:00:00 GMT", true),
  pauseByClock(408, HOUR_MS, 0),
  pauseByClock(429, -1000, 0),
  pauseByClock(429, HOUR_MS, 0),
  ...[DAY_MS, -DAY_MS].flatMap((clockMs) => [
    pauseByClock(429, -1000, clockMs),
    pauseByClock(503, HOUR_MS, clockMs),
  ]),
  redirect(301),
  redirect(302),
  redirect(303),
  redirect(307),
  redirect(308),
  {
    title: "status 200 and nothing",
    fault: { kind: "status", status: 200, body: "empty" },
    nature: UNUSABLE,
  },
  { title: "status 204", fault: { kind: "status", status: 204, body: "empty" }, nature: UNUSABLE },
];
