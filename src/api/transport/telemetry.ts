import type { Channel } from "node:diagnostics_channel";
import { channel } from "node:diagnostics_channel";
import type { SignPathErrorCode } from "../../base/errors.js";
import type { ApiRequest } from "./request.js";

/** What every {@link RequestEvent} says. */
interface OfCall {
  /** Number of the call in this process: all events of one call have the same. */
  readonly call: number;
  /** What is asked for, in words: `fast signing request`. */
  readonly what: string;
  /** The signing request that it is about, where that is known. */
  readonly signingRequestId?: string;
  /** Since the call's first turn, in milliseconds. */
  readonly elapsedMs: number;
}

/** A message on the diagnostics channel `signpath:request`. It never holds a secret. */
export type RequestEvent =
  /** The call had to wait for its turn and has it now. */
  | (OfCall & { readonly type: "queue"; readonly waitedMs: number })
  /** A request is sent. */
  | (OfCall & { readonly type: "attempt"; readonly attempt: number })
  /** The request was answered with a status from 200 to 299. */
  | (OfCall & { readonly type: "answer"; readonly attempt: number; readonly status: number })
  /** The attempt failed, and there will be another one. */
  | (OfCall & {
      readonly type: "retry";
      readonly attempt: number;
      readonly code: SignPathErrorCode;
      readonly message: string;
      readonly delayMs: number;
    })
  /** The call failed: after so many attempts, or before any. */
  | (OfCall & {
      readonly type: "failure";
      readonly attempt: number;
      readonly code: SignPathErrorCode;
      /** The service's own name of the request, where it tells. */
      readonly traceId?: string;
    });

/** Each turn, attempt, answer, retry and failure of a request, as {@link RequestEvent}. */
export const requestChannel: Channel<unknown, unknown> = channel("signpath:request");

type WithoutCall<Event> = Event extends OfCall ? Omit<Event, keyof OfCall> : never;

/** What an event says beside which call it is about. */
export type EventOfCall = WithoutCall<RequestEvent>;

let calls = 0;

/** The number of a call that events tell of for the first time. */
export function nextCall(): number {
  return ++calls;
}

/** Publishes an event. To be called only where somebody listens, for the sake of those who do not. */
export function publishRequest(
  { what, signingRequestId }: Pick<ApiRequest, "what" | "signingRequestId">,
  call: number,
  elapsedMs: number,
  event: EventOfCall,
): void {
  const id = signingRequestId === undefined ? {} : { signingRequestId };
  requestChannel.publish({ call, what, ...id, elapsedMs, ...event });
}
