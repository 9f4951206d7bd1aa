import type { IncomingMessage } from "node:http";
import type { PolicyDefinition } from "../catalogue.js";
import type { FaultEffect } from "../faults/effect.js";
import type { Identity } from "../keys/identity.js";
import type { SigningKey, SigningOrder } from "../keys/signing-key.js";
import { signWith } from "../keys/signing-key.js";
import type { Service } from "../service.js";
import type { Reply } from "./reply.js";
import type { Destination, RouteName } from "./router.js";

/** One request that is being handled. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly destination: Destination;
  /** Without its question mark. */
  readonly query: string;
  readonly service: Service;
  /** The fault that the request may meet while it is handled. */
  readonly effect: FaultEffect | undefined;
  /** Milliseconds by which the server's clock is fast. */
  readonly clockOffset: number;
  /** Set once the signature has been spoilt. */
  spoilt: boolean;
  /** Set once the policy has been changed. */
  rotated: boolean;
}

/** Answers one route. */
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** A handler for each route. */
export type Handlers = Readonly<Record<RouteName, Handler>>;

/** The server's time. */
export function now({ clockOffset }: Pick<Exchange, "clockOffset">): Date {
  return new Date(Date.now() + clockOffset);
}

/** The key and certificate that a signing request meets, after what a fault does to them. */
export async function identityFor(exchange: Exchange, policy: PolicyDefinition): Promise<Identity> {
  const { effect, service } = exchange;
  if (effect?.rotation !== undefined) {
    await service.keys.rotate(policy.slug, effect.rotation());
    exchange.rotated = true;
  }
  return service.keys.identity(policy);
}

/** Signs a hash, or does it wrong where a fault says so. */
export async function sign(exchange: Exchange, key: SigningKey, order: SigningOrder): Promise<Buffer> {
  const { spoil } = exchange.effect ?? {};
  if (spoil !== undefined) {
    const foreignKey = (): Promise<SigningKey> => exchange.service.keys.foreignKey(key);
    const wrong = await spoil({ key, order, foreignKey });
    if (wrong !== undefined) {
      exchange.spoilt = true;
      return wrong;
    }
  }
  return signWith(key, order);
}
