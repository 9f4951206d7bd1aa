import { channel } from "node:diagnostics_channel";
import type { SignPathErrorCode } from "../base/errors.js";

/** A message on the diagnostics channel `signpath:request`. It never holds a secret. */
export type RequestEvent =
  | {
      readonly type: "answer";
      readonly what: string;
      readonly attempt: number;
      readonly status: number;
      readonly elapsedMs: number;
    }
  | {
      readonly type: "retry";
      readonly what: string;
      readonly attempt: number;
      readonly code: SignPathErrorCode;
      readonly message: string;
      readonly delayMs: number;
      readonly elapsedMs: number;
    }
  | {
      readonly type: "failure";
      readonly what: string;
      readonly attempt: number;
      readonly code: SignPathErrorCode;
      readonly elapsedMs: number;
    };

/** Each answer, retry and failure of a request, as {@link RequestEvent}. */
export const requestChannel: ReturnType<typeof channel> = channel("signpath:request");

/** Publishes an event, which is built only if somebody listens. */
export function publishRequest(event: () => RequestEvent): void {
  if (requestChannel.hasSubscribers) requestChannel.publish(event());
}
