import { rotationOf } from "../faults/effects/identities.js";
import type { Fault } from "../faults/fault.js";
import type { PendingFault } from "../faults/fault-book.js";
import { assertFields } from "../faults/fields.js";
import { ENDLESS, faultOfJson } from "../faults/spec.js";
import type { Exchange } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import type { RateLimit } from "../http/rate-limit.js";
import type { Reply } from "../http/reply.js";
import { json, Refusal } from "../http/reply.js";
import type { Verdict } from "../submission/ledger.js";
import { asked, jsonBody } from "./body.js";

/** Does one thing to what the path names. */
export type Action = (exchange: Exchange, name: string) => Reply | Promise<Reply>;

/** By the method. */
export type Actions = ReadonlyMap<string, Action>;

const DONE: Reply = { status: 204, headers: {}, body: { bytes: Buffer.alloc(0) } };

/** `/admin/faults`: what is still to go wrong. */
export const FAULTS: Actions = new Map<string, Action>([
  ["GET", ({ service }) => json({ faults: service.faults.list().map(listed) })],
  [
    "POST",
    async (exchange) => {
      const body = await jsonBody(exchange);
      asked(() => exchange.service.faults.add(faultOfJson(body)));
      return json({ faults: exchange.service.faults.list().map(listed) }, 201);
    },
  ],
  [
    "DELETE",
    ({ service }) => {
      service.faults.clear();
      return DONE;
    },
  ],
]);

/** `/admin/rate-limit`: the limit, and what has become of the requests since it was set. */
export const RATE_LIMIT: Actions = new Map<string, Action>([
  ["GET", limitOf],
  [
    "PUT",
    async (exchange) => {
      const body = await jsonBody(exchange);
      // The limiter looks at every property.
      asked(() => exchange.service.limiter.set(body as unknown as RateLimit));
      return limitOf(exchange);
    },
  ],
  [
    "DELETE",
    ({ service }) => {
      service.limiter.set(undefined);
      return DONE;
    },
  ],
]);

/** `/admin/policies/{slug}/rotate-certificate`, with the fields of the fault of that name. */
export const ROTATION: Actions = new Map<string, Action>([
  [
    "POST",
    async (exchange, slug) => {
      const { catalogue, keys } = exchange.service;
      const body = await jsonBody(exchange);
      const rotation = asked(() => rotationOf(fieldsOfRotation(body)));
      if (!catalogue.list().some(({ signingPolicySlug }) => signingPolicySlug === slug)) {
        throw new Refusal(problem(404, `There is no signing policy with slug '${slug}'.`));
      }
      await keys.rotate(slug, rotation());
      const { record } = await keys.identity(catalogue.require(slug));
      return json({ certificateBytes: record.certificateBytes ?? null });
    },
  ],
]);

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ["approve", "approved"],
  ["deny", "Denied"],
  ["cancel", "Canceled"],
  ["fail", "Failed"],
]);

/** `/admin/signing-requests/{id}/{verb}`, without a body. */
export function verdictActions(verb: string): Actions | undefined {
  const verdict = VERDICTS.get(verb);
  return verdict && new Map<string, Action>([["POST", ({ service }, id) => decide(service, id, verdict)]]);
}

function decide({ ledger }: Exchange["service"], id: string, verdict: Verdict): Reply {
  if (ledger.find(id) === undefined) return problem(404, `There is no signing request with id '${id}'.`);
  try {
    ledger.decide(id, verdict);
    return DONE;
  } catch (error) {
    if (error instanceof RangeError) return problem(409, error.message);
    throw error;
  }
}

function limitOf({ service: { limiter } }: Exchange): Reply {
  return json({ rateLimit: limiter.limit ?? null, ...limiter.counts });
}

function fieldsOfRotation(body: object): Parameters<typeof rotationOf>[0] {
  const fault = { ...body, kind: "rotate-certificate" } as Extract<Fault, { kind: "rotate-certificate" }>;
  for (const name of ["kind", "route", "count", "probability"]) {
    if (Object.hasOwn(body, name)) throw new TypeError(`A rotation has no '${name}'.`);
  }
  assertFields(fault);
  return fault;
}

function listed({ ordered, remaining, undecided }: PendingFault): Record<string, unknown> {
  const finite = (count: number): number | typeof ENDLESS => (Number.isFinite(count) ? count : ENDLESS);
  return {
    ...ordered,
    count: finite(ordered.count ?? 1),
    remaining: finite(remaining + undecided),
  };
}
