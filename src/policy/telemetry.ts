import type { Channel } from "node:diagnostics_channel";
import { channel } from "node:diagnostics_channel";

/** A message on the diagnostics channel `signpath:sign`. It never holds a secret, nor what was signed. */
export type SignEvent =
  /** A signature was made and, unless that is switched off, verified. */
  | {
      readonly type: "signature";
      /** `project/policy` */
      readonly policy: string;
      /** WebCrypto name. */
      readonly algorithm: string;
      readonly hash: string;
      readonly verified: boolean;
      /** Requests sent for it. */
      readonly attempts: number;
      /** The service's id of it, where the service tells. */
      readonly signingRequestId: string | undefined;
      /** From the digest to the verified signature, in milliseconds. */
      readonly elapsedMs: number;
    }
  /** The service has another certificate for a policy than before. */
  | {
      readonly type: "rotation";
      /** `project/policy` */
      readonly policy: string;
      /** SHA-256 of the old and of the new certificate, in hexadecimal; `undefined` for one that cannot be used. */
      readonly before: string | undefined;
      readonly after: string | undefined;
    };

/** Each signature and each new certificate, as {@link SignEvent}. */
export const signChannel: Channel<unknown, unknown> = channel("signpath:sign");
