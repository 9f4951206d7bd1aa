import type { SignPathErrorCode } from "../../src/base/errors.js";
import type { RouteUnderTest } from "./routes.js";

/** How often the client repeats a request at most, in these tests. */
export const MOST_RETRIES = 2;

/** Which requests get as far as the server: each, the first and none that follows, or none that meets the fault. */
type Arrival = "each" | "first" | "none";

/** What a fault is to a client, by the design and the API's facts. */
export type Nature =
  /** The answer is good all the same. */
  | { readonly is: "harmless" }
  /** Asking again may help: connection errors, time-outs, 408, 429, 5xx. */
  | {
      readonly is: "passing";
      readonly code: SignPathErrorCode;
      readonly status?: number;
      /** Whether the server may have signed, so that a repeated POST may make a second signing request. */
      readonly mayHaveSigned: boolean;
      /** Whether the server wants a pause that is longer than the call may take. */
      readonly pausePastDeadline?: boolean;
      readonly arrives?: Arrival;
    }
  /** Asking again cannot help, or might sign twice for nothing: every other 4xx, and a 2xx that cannot be used. */
  | {
      readonly is: "lasting";
      readonly code: SignPathErrorCode;
      readonly status?: number;
      readonly arrives?: Exclude<Arrival, "first">;
    }
  /** The policy has another key: what was signed is not given out, and the next call knows the certificate. */
  | { readonly is: "changed"; readonly next: "right" | "unusable" }
  /** The server lacks the route (404, 405, 410). */
  | { readonly is: "no-route"; readonly status: number };

/** How often a route is met by a fault, and whether the client may repeat what might sign twice. */
export interface Circumstances {
  readonly times: "once" | "for ever";
  readonly retryAmbiguous: boolean;
}

/** How a call ends. */
export type Outcome =
  | "right"
  | {
      readonly code: SignPathErrorCode;
      readonly stage: string;
      readonly status: number | undefined;
      readonly retryable: boolean;
      readonly attempts: number;
      readonly namesRequest: boolean;
    };

/** How a call is to end, and how many requests the route is to receive for it. */
export interface Expectation {
  readonly outcome: Outcome;
  readonly requests: number;
  /** How the next call is to end, once the fault is over. */
  readonly next: Outcome;
}

/** The rule for each cell of the table. */
export function expectationOf(
  nature: Nature,
  route: RouteUnderTest,
  { times, retryAmbiguous }: Circumstances,
): Expectation {
  if (nature.is === "harmless") return right(1);
  if (nature.is === "changed") {
    const facts = { code: "CERTIFICATE_CHANGED", status: undefined, retryable: true, attempts: 1 } as const;
    return { ...failed(route, facts), next: nature.next === "right" ? "right" : UNUSABLE_POLICY };
  }
  if (nature.is === "no-route") {
    const { status } = nature;
    return route.replacedBy === undefined
      ? failed(route, { code: "REQUEST_REJECTED", status, retryable: false, attempts: 1 })
      : right(1);
  }
  const { code, status, arrives = "each" } = nature;
  const arrived = (attempts: number): number => (arrives === "none" ? 0 : arrives === "first" ? 1 : attempts);
  if (nature.is === "lasting") {
    return failed(route, { code, status, retryable: false, attempts: 1 }, arrived(1));
  }
  const isHarmlessToRepeat = route.method === "GET" || !nature.mayHaveSigned;
  const isRepeated = (isHarmlessToRepeat || retryAmbiguous) && nature.pausePastDeadline !== true;
  if (isRepeated && times === "once" && arrives !== "first") return right(arrived(1) + 1);
  const attempts = isRepeated ? 1 + MOST_RETRIES : 1;
  return failed(route, { code, status, retryable: true, attempts }, arrived(attempts));
}

/** Before anything is sent it is said that the certificate is over or not valid yet. */
const UNUSABLE_POLICY: Outcome = {
  code: "POLICY_UNUSABLE",
  stage: "policy",
  status: undefined,
  retryable: false,
  attempts: 0,
  namesRequest: false,
};

function right(requests: number): Expectation {
  return { outcome: "right", requests, next: "right" };
}

function failed(
  { stage, requestId, setting }: RouteUnderTest,
  facts: { code: SignPathErrorCode; status: number | undefined; retryable: boolean; attempts: number },
  requests: number = facts.attempts,
): Expectation {
  // Only an answer that was understood has told an id.
  const isUnderstood = facts.code === "SIGNATURE_INVALID" || facts.code === "CERTIFICATE_CHANGED";
  const isTold = requestId === "from the answer" || setting === "asynchronous";
  const namesRequest = requestId === "before" || (isTold && isUnderstood);
  return { outcome: { ...facts, stage, namesRequest }, requests, next: "right" };
}
