import { SignPathError } from "../../src/base/errors.js";
import type { Emulator, Fault } from "../../src/emulator/index.js";
import type { SignPathOptions } from "../../src/index.js";
import { SignPath } from "../../src/signpath.js";
import type { Gate } from "../support/gate.js";
import { startGate } from "../support/gate.js";
import { listenersOf } from "../support/resources.js";
import type { SpoilingRelay } from "../support/spoiling-relay.js";
import { startSpoilingRelay } from "../support/spoiling-relay.js";
import type { Circumstances, Outcome } from "./expectations.js";
import type { RouteUnderTest } from "./routes.js";
import { isRight, RSA } from "./routes.js";
import type { Disturbance, Row } from "./rows/row.js";

/** Enough for any answer that comes at all, even on a machine with much else to do. */
const REQUEST_TIMEOUT_MS = 10_000;
/** What an answer that does not come is waited for. */
const SHORT_TIMEOUT_MS = 400;
const TOTAL_TIMEOUT_MS = 20_000;
/** Where answers do not come: more than the attempts may take together, less than one that does not end in time. */
const SHORT_TOTAL_TIMEOUT_MS = 6000;

/** What a cell of the table was found to do. */
export interface Finding {
  readonly outcome: Outcome | "wrong" | "hangs" | string;
  /** Requests that the route received, from the ordering of the fault on. */
  readonly requests: number;
  /** Those of them that met the fault. */
  readonly met: number;
  /** How the next call with the same client ended, where one was made. */
  readonly next: Finding["outcome"] | undefined;
  /** Listeners that the calls left on their signal. */
  readonly listeners: number;
}

/** Whether a fault meets connections before there is a request. */
export function isOfConnection(fault: Row["fault"]): boolean {
  return (
    typeof fault === "object" && ("refused" in fault || ("kind" in fault && fault.kind === "tls-failure"))
  );
}

/** Whether a second call shows that the client goes on: after a failure that is over. */
export function asksAgain({ nature }: Row, { times }: Circumstances): boolean {
  return times === "once" && (nature.is === "lasting" || nature.is === "changed");
}

/**
 * Orders a fault on a route and makes a call that takes the route, with a client of its own that is closed afterwards.
 *
 * @param elsewhere - an address of another origin, where nothing must arrive
 */
export async function tryCell(
  row: Row,
  route: RouteUnderTest,
  circumstances: Circumstances,
  emulator: Emulator,
  elsewhere: string,
): Promise<Finding> {
  const { signer = RSA } = row;
  const fault = typeof row.fault === "function" ? row.fault(elsewhere) : row.fault;
  const port = Number(new URL(emulator.origin).port);
  const relay = "raw" in fault ? await startSpoilingRelay(port, route.firstLine, fault.raw) : undefined;
  const gate = isOfConnection(fault) ? await startGate(port) : undefined;
  const { options, begin } = clientOptions(row, fault, route, circumstances, emulator, relay, gate);
  const signpath = new SignPath(options);
  const { signal } = new AbortController();
  try {
    const policy = await signpath.policy(`demo/${signer.slug}`);
    const before = emulator.requests.length;
    begin();
    const call = (): Promise<Finding["outcome"]> =>
      settled(isRight(route, signer, emulator, signpath, policy, signal));
    const outcome = await call();
    const received = emulator.requests.slice(before).filter((request) => request.route === route.route);
    const spoilt = relay?.spoilt ?? 0;
    const met = received.filter((request) => "kind" in fault && request.fault === fault.kind).length;
    return {
      outcome,
      requests: received.length + spoilt,
      met: met + spoilt,
      next: asksAgain(row, circumstances) ? await call() : undefined,
      listeners: listenersOf(signal),
    };
  } finally {
    emulator.clearFaults();
    await signpath.close();
    await row.mend?.(emulator, signer.slug);
  }
}

/** The options of the client, and what lets the fault loose on its next call. */
function clientOptions(
  row: Row,
  fault: Fault | Disturbance,
  route: RouteUnderTest,
  { times, retryAmbiguous }: Circumstances,
  emulator: Emulator,
  relay: SpoilingRelay | undefined,
  gate: Gate | undefined,
): { options: SignPathOptions; begin: () => void } {
  const { origin, apiUrl, organizationId, apiToken, rootCertificate } = emulator;
  const count = times === "once" ? 1 : Number.POSITIVE_INFINITY;
  const viaPort = relay?.port ?? gate?.port;
  const via = new URL(apiUrl);
  if (viaPort !== undefined) via.port = String(viaPort);
  /** The requests of the call so far. */
  let asked = Number.NEGATIVE_INFINITY;
  // The token is asked for right before each request: the only time to meddle with the connection that it will need.
  const meddle = async (): Promise<void> => {
    const attempt = asked++ - route.preceding;
    if ("refused" in fault) {
      if (attempt === 0) await gate?.shut();
      if (attempt === count) await gate?.open();
    } else if (attempt === 0 && "kind" in fault) {
      await gate?.hangUp();
      emulator.addFault({ ...fault, count });
    }
  };
  return {
    options: {
      apiUrl: via.href,
      organizationId,
      apiToken: gate === undefined ? apiToken : () => meddle().then(() => apiToken),
      route: route.setting,
      retryAmbiguous,
      requestTimeoutMs: row.isSlow === true ? SHORT_TIMEOUT_MS : REQUEST_TIMEOUT_MS,
      totalTimeoutMs: row.isSlow === true ? SHORT_TOTAL_TIMEOUT_MS : TOTAL_TIMEOUT_MS,
      ...(origin.startsWith("https:") && { tls: { ca: rootCertificate } }),
    },
    begin() {
      asked = 0;
      if (route.inPlaceOf !== undefined) {
        const lacking = { kind: "status", status: 404, count: Number.POSITIVE_INFINITY } as const;
        emulator.addFault({ ...lacking, route: route.inPlaceOf });
      }
      if (row.also !== undefined) emulator.addFault({ ...row.also, route: route.route, count });
      relay?.order(count);
      if ("kind" in fault && gate === undefined) emulator.addFault({ ...fault, route: route.route, count });
    },
  };
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
