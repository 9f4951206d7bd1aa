import { channel } from "node:diagnostics_channel";

/** A message on the diagnostics channel `signpath:sign`: a signature was made and, unless switched off, verified. */
export interface SignEvent {
  /** `project/policy` */
  readonly policy: string;
  /** WebCrypto name. */
  readonly algorithm: string;
  readonly hash: string;
  readonly verified: boolean;
  /** Requests sent for it. */
  readonly attempts: number;
  readonly signingRequestId: string | undefined;
}

/** Each signature, as {@link SignEvent}. */
export const signChannel: ReturnType<typeof channel> = channel("signpath:sign");
