import type { ServerResponse } from "node:http";
import { validateHeaderValue } from "node:http";
import type { Reply } from "../http/reply.js";
import type { RouteName } from "../http/router.js";
import type { SigningKey, SigningOrder } from "../keys/signing-key.js";
import type { FaultKind, FaultOf } from "./fault.js";

/** A signature that is about to be made. */
export interface Signing {
  readonly key: SigningKey;
  readonly order: SigningOrder;
  /** Another key of the same kind. */
  foreignKey(): Promise<SigningKey>;
}

/** What a fault does, at the points where something can go wrong. */
export interface FaultEffect {
  /** The only routes where it can happen. */
  readonly routes?: ReadonlySet<RouteName>;
  readonly delayMs?: number;
  /** Instead of the handling; `undefined`: there is no answer. */
  readonly intercept?: (response: ServerResponse) => Reply | undefined;
  /** Another signature; `undefined`: the fault does not fit this one. */
  readonly spoil?: (signing: Signing) => Buffer | undefined | Promise<Buffer>;
  /** Another answer; `undefined`: the fault does not fit this one. */
  readonly alter?: (reply: Reply) => Reply | undefined;
  /** Instead of plain sending. */
  readonly deliver?: (response: ServerResponse, reply: Reply) => Promise<void>;
}

/** One function for each kind of fault. It throws a `TypeError` where the fault is malformed. */
export type EffectTable = { readonly [K in FaultKind]: (fault: FaultOf<K>) => FaultEffect };

/** A number that a fault is given. */
export function atLeast(minimum: number, name: string, value: number): number {
  if (typeof value !== "number" || !(value >= minimum) || !Number.isFinite(value)) {
    throw new TypeError(`${name} must be a number from ${minimum} on, not ${String(value)}.`);
  }
  return value;
}

/** A header that a fault is given: what HTTP cannot carry is found now, not when a request meets it. */
export function header(name: string, value: string): string {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string, not ${String(value)}.`);
  validateHeaderValue(name, value);
  return value;
}
