import type { ServerResponse } from "node:http";
import { validateHeaderValue } from "node:http";
import type { Reply } from "../http/reply.js";
import type { RouteName } from "../http/router.js";
import type { Rotation } from "../keys/key-ring.js";
import type { SigningKey, SigningOrder } from "../keys/signing-key.js";
import type { TimestampTrouble } from "../timestamp/mistakes.js";
import type { FaultKind, FaultOf, TlsFailure } from "./fault.js";

/** A signature that is about to be made. */
export interface Signing {
  readonly key: SigningKey;
  readonly order: SigningOrder;
  /** Another key of the same kind. */
  foreignKey(): Promise<SigningKey>;
}

/** A request that is about to be answered in another way. */
export interface Interception {
  readonly response: ServerResponse;
  /** The server's time. */
  readonly now: Date;
  /** Resets every connection and accepts none for so many milliseconds. */
  refuseConnections(ms: number): void;
}

/** What a fault does, at the points where something can go wrong. */
export interface FaultEffect {
  /** The only routes where it can happen. */
  readonly routes?: ReadonlySet<RouteName>;
  /** Milliseconds to wait first. */
  readonly delay?: (random: () => number) => number;
  /** Milliseconds by which the server's clock is fast. */
  readonly clockOffset?: number;
  /** What becomes of a new connection. */
  readonly handshake?: TlsFailure;
  /** Instead of the handling; `undefined`: there is no answer. */
  readonly intercept?: (interception: Interception) => Reply | undefined;
  /** What happens to the policy before it signs. */
  readonly rotation?: () => Rotation;
  /** Another signature; `undefined`: the fault does not fit this one. */
  readonly spoil?: (signing: Signing) => Buffer | undefined | Promise<Buffer | undefined>;
  /** What goes wrong with a timestamp. */
  readonly timestamp?: TimestampTrouble;
  /** Another answer; `undefined`: the fault does not fit this one. */
  readonly alter?: (reply: Reply) => Reply | undefined;
  /** Instead of plain sending. */
  readonly deliver?: (response: ServerResponse, reply: Reply) => Promise<void>;
}

/** One function for each kind of fault. It throws a `TypeError` where a value is out of its range. */
export type EffectTable = { readonly [K in FaultKind]: (fault: FaultOf<K>) => FaultEffect };

/** A number that a fault is given. */
export function atLeast(minimum: number, name: string, value: number): number {
  return within(minimum, Number.MAX_VALUE, name, value);
}

/** A number that a fault is given, and that must not be too large either. */
export function within(minimum: number, maximum: number, name: string, value: number): number {
  if (value >= minimum && value <= maximum) return value;
  const range = maximum === Number.MAX_VALUE ? `${minimum} on` : `${minimum} to ${maximum}`;
  throw new TypeError(`${name} must be a number from ${range}, not ${value}.`);
}

/** The longest time that a timer can wait, in milliseconds: a longer one would not wait at all. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** A time to wait, in milliseconds. */
export function waitingTime(name: string, ms: number): number {
  return within(0, LONGEST_WAIT_MS, name, ms);
}

const CENTURY_MS = 100 * 365.25 * 86_400_000;

/** Milliseconds before or after now: as many as every date that is written can express. */
export function timeShift(name: string, ms: number): number {
  return within(-CENTURY_MS / 2, CENTURY_MS, name, ms);
}

/** A header that a fault is given: what HTTP cannot carry is found now, not when a request meets it. */
export function header(name: string, field: string, value: string): string {
  try {
    validateHeaderValue(name, value);
    return value;
  } catch {
    throw new TypeError(`${field} must be what the header ${name} can hold.`);
  }
}
