import type { IncomingMessage } from "node:http";
import type { FaultEffect } from "../faults/effect.js";
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
  /** The fault that the request's signature may meet. */
  readonly spoil: FaultEffect["spoil"];
  /** Set once the signature has been spoilt. */
  spoilt: boolean;
}

/** Answers one route. */
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** A handler for each route. */
export type Handlers = Readonly<Record<RouteName, Handler>>;

/** Signs a hash, or does it wrong where a fault says so. */
export async function sign(exchange: Exchange, key: SigningKey, order: SigningOrder): Promise<Buffer> {
  if (exchange.spoil !== undefined) {
    const foreignKey = (): Promise<SigningKey> => exchange.service.keys.foreignKey(key);
    const wrong = await exchange.spoil({ key, order, foreignKey });
    if (wrong !== undefined) {
      exchange.spoilt = true;
      return wrong;
    }
  }
  return signWith(key, order);
}
