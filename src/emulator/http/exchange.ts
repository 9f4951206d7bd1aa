import type { IncomingMessage } from "node:http";
import type { Caller } from "../accounts/accounts.js";
import type { PolicyDefinition } from "../catalogue.js";
import type { FaultEffect } from "../faults/effect.js";
import type { Identity } from "../keys/identity.js";
import type { SigningKey, SigningOrder } from "../keys/signing-key.js";
import { signWith } from "../keys/signing-key.js";
import type { Attempt, Logged, SigningRequest, Submission } from "../ledger/signing-request.js";
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
  /** When it arrived, by `performance.now()`. */
  readonly arrivedAt: number;
  /** Whose token it has; set before a route of the API is handled. */
  caller: Caller | undefined;
  /** What a submission says: set by and by while it is read, for the log. */
  attempt: Pick<Attempt, Readable>;
  /** Of a submission: set once it has been read. */
  body: Buffer | undefined;
  /** What the log has about a submission. */
  logged: Logged | undefined;
  /** Set once the signature has been spoilt. */
  spoilt: boolean;
  /** Set once the policy has been changed. */
  rotated: boolean;
}

type Readable = "projectSlug" | "signingPolicySlug" | "fast" | "payload" | "metadata" | "description";

/** Answers one route. */
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** A handler for each route. */
export type Handlers = Readonly<Record<RouteName, Handler>>;

/** The server's time. */
export function now({ clockOffset }: Pick<Exchange, "clockOffset">): Date {
  return new Date(Date.now() + clockOffset);
}

/** Whose token the request has. Handlers of the API are not called before that is known. */
export function callerOf({ caller }: Exchange): Caller {
  if (caller === undefined) throw new Error("Nobody has asked whose token this is.");
  return caller;
}

/** What the log says about every submission. */
export function attemptOf({
  destination,
  caller,
  attempt,
  service,
  arrivedAt,
  clockOffset,
}: Exchange): Attempt {
  return {
    organizationId: (caller?.organization ?? service.accounts.first.organization).id.toLowerCase(),
    user: caller?.user.name,
    route: destination.route,
    fast: attempt.fast,
    projectSlug: attempt.projectSlug,
    signingPolicySlug: attempt.signingPolicySlug,
    payload: attempt.payload,
    metadata: attempt.metadata,
    description: attempt.description,
    submittedAt: Date.now() + clockOffset,
    durationMs: performance.now() - arrivedAt,
  };
}

/** Logs a submission that was good; a signature that was spoilt is not kept. */
export function logSubmission(
  exchange: Exchange,
  made: Pick<Submission, "payload" | "policy" | "identity" | "signature">,
): SigningRequest {
  const attempt = attemptOf(exchange);
  const logged = exchange.service.ledger.add({
    organizationId: attempt.organizationId,
    user: callerOf(exchange).user.name,
    route: attempt.route,
    fast: attempt.fast,
    payload: made.payload,
    metadata: attempt.metadata,
    description: attempt.description,
    submittedAt: attempt.submittedAt,
    durationMs: attempt.durationMs,
    policy: made.policy,
    identity: made.identity,
    signature: exchange.spoilt ? undefined : made.signature,
  });
  exchange.logged = logged;
  return logged;
}

/** The key and certificate that a signing request meets, after what a fault does to them. */
export async function identityFor(exchange: Exchange, policy: PolicyDefinition): Promise<Identity> {
  const { effect } = exchange;
  const { keys } = callerOf(exchange).organization;
  if (effect?.rotation !== undefined) {
    await keys.rotate(policy.slug, effect.rotation());
    exchange.rotated = true;
  }
  return keys.identity(policy);
}

/** Signs a hash, or does it wrong where a fault says so. */
export async function sign(exchange: Exchange, key: SigningKey, order: SigningOrder): Promise<Buffer> {
  const { spoil } = exchange.effect ?? {};
  if (spoil !== undefined) {
    const foreignKey = (): Promise<SigningKey> => callerOf(exchange).organization.keys.foreignKey(key);
    const wrong = await spoil({ key, order, foreignKey });
    if (wrong !== undefined) {
      exchange.spoilt = true;
      return wrong;
    }
  }
  return signWith(key, order);
}
