import { SignPathError } from "../../src/base/errors.js";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import { SignPath } from "../../src/signpath.js";
import { listenersOf } from "../support/resources.js";
import { startSpoilingRelay } from "../support/spoiling-relay.js";
import type { Circumstances, Outcome } from "./expectations.js";
import type { RouteUnderTest } from "./routes.js";
import { isRight, RSA } from "./routes.js";
import type { Row } from "./table.js";

/** Enough for any answer that comes at all, even on a machine with much else to do. */
const REQUEST_TIMEOUT_MS = 10_000;
/** What an answer that does not come is waited for. */
const SHORT_TIMEOUT_MS = 400;
const TOTAL_TIMEOUT_MS = 20_000;

/** What a cell of the table was found to do. */
export interface Finding {
  readonly outcome: Outcome | "wrong" | "hangs" | string;
  /** Requests that the route received, from the ordering of the fault on. */
  readonly requests: number;
  /** Listeners that the call left on its signal. */
  readonly listeners: number;
}

/**
 * Orders a fault on a route and makes a call that takes the route, with a client of its own that is closed afterwards.
 *
 * @param elsewhere - an address of another origin, where nothing must arrive
 */
export async function tryCell(
  row: Row,
  route: RouteUnderTest,
  { times, retryAmbiguous }: Circumstances,
  emulator: Emulator,
  elsewhere: string,
): Promise<Finding> {
  const count = times === "once" ? 1 : Number.POSITIVE_INFINITY;
  const { fault: given, signer = RSA } = row;
  const fault = typeof given === "function" ? given(elsewhere) : given;
  const relay =
    "raw" in fault
      ? await startSpoilingRelay(Number(new URL(emulator.origin).port), route.firstLine, fault.raw)
      : undefined;
  const { apiUrl, organizationId, apiToken } = emulator;
  const signpath = new SignPath({
    apiUrl: apiUrl.replace(emulator.origin, relay?.origin ?? emulator.origin),
    organizationId,
    apiToken,
    route: route.setting,
    retryAmbiguous,
    requestTimeoutMs: row.isSlow === true ? SHORT_TIMEOUT_MS : REQUEST_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  });
  const { signal } = new AbortController();
  try {
    const policy = await signpath.policy(`demo/${signer.slug}`);
    const before = emulator.requests.length;
    if (route.inPlaceOf !== undefined) {
      emulator.addFault({
        kind: "status",
        status: 404,
        route: route.inPlaceOf,
        count: Number.POSITIVE_INFINITY,
      });
    }
    relay?.order(count);
    if (!("raw" in fault)) emulator.addFault({ ...(fault satisfies Fault), route: route.route, count });
    const outcome = await settled(isRight(route, signer, emulator, signpath, policy, signal));
    const received = emulator.requests
      .slice(before)
      .filter((request) => request.route === route.route).length;
    return { outcome, requests: received + (relay?.spoilt ?? 0), listeners: listenersOf(signal) };
  } finally {
    emulator.clearFaults();
    await signpath.close();
  }
}

/** How a call ended, or that it has not by twice its deadline. */
async function settled(call: Promise<boolean>): Promise<Finding["outcome"]> {
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<"hangs">((resolve) => {
    timer = setTimeout(() => resolve("hangs"), 2 * TOTAL_TIMEOUT_MS);
  });
  try {
    return await Promise.race([call.then((isGood) => (isGood ? "right" : "wrong"), outcomeOf), hanging]);
  } finally {
    clearTimeout(timer);
  }
}

function outcomeOf(error: unknown): Finding["outcome"] {
  if (!(error instanceof SignPathError)) return String(error);
  const { code, stage, status, retryable, attempts, signingRequestId } = error;
  return { code, stage, status, retryable, attempts, namesRequest: signingRequestId !== undefined };
}
