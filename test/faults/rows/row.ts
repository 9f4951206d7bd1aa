import type { Socket } from "node:net";
import type { Emulator, Fault } from "../../../src/emulator/index.js";
import type { Nature } from "../expectations.js";
import type { RouteTitle, Signer } from "../routes.js";

/** What goes wrong on the way, in place of a fault of the emulator. */
export type Disturbance =
  /** What is done with the connection in place of an answer. */
  | { readonly raw: (socket: Socket) => void }
  /** No connection is to be had from the request on. */
  | { readonly refused: true };

/** A fault, where it can happen, and what it is to the client. */
export interface Row {
  readonly title: string;
  readonly fault: Fault | ((elsewhere: string) => Fault) | Disturbance;
  /** A fault of time that each request meets as well. */
  readonly also?: Fault;
  readonly nature: Nature;
  /** The routes where it can happen; all of them unless it says so. */
  readonly on?: readonly RouteTitle[];
  /** What signs; RSASSA-PKCS1-v1_5 unless it says so. */
  readonly signer?: Signer;
  /** Whether it shows only after some time. */
  readonly isSlow?: boolean;
  /** Whether it needs an emulator with TLS. */
  readonly isOfTls?: boolean;
  /** Whether the emulator has nothing that it fits, whatever this client asks for. */
  readonly isNeverMet?: boolean;
  /** Puts the emulator back as it was. */
  readonly mend?: (emulator: Emulator, slug: string) => Promise<void>;
}

/** The routes whose answer carries a signature. */
export const SIGNING: readonly RouteTitle[] = ["fast signing request", "SignHash", "SignedArtifact"];
/** Those of them whose answer repeats the payload. */
export const REPEATING: readonly RouteTitle[] = ["fast signing request", "SignedArtifact"];
export const STATES: readonly RouteTitle[] = ["Status", "long form"];
export const SUBMISSIONS: readonly RouteTitle[] = ["submission", "SubmitWithArtifact"];
/** The routes whose answer is capped at 16 MiB in place of 1 MiB. */
export const LONG: readonly RouteTitle[] = ["MySigningPolicies", "SignedArtifact"];
export const SHORT: readonly RouteTitle[] = ["fast signing request", "SignHash", ...SUBMISSIONS, ...STATES];

export const HARMLESS: Nature = { is: "harmless" };
export const UNUSABLE: Nature = { is: "lasting", code: "INVALID_RESPONSE" };
export const WRONG: Nature = { is: "lasting", code: "SIGNATURE_INVALID" };
export const BROKEN: Extract<Nature, { is: "passing" }> = {
  is: "passing",
  code: "CONNECTION_FAILED",
  mayHaveSigned: true,
};
export const LATE: Nature = { is: "passing", code: "TIMEOUT", mayHaveSigned: true };
