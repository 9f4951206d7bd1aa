import type { PolicyDefinition } from "../catalogue.js";
import { findPolicy, PROJECT_SLUG } from "../catalogue.js";
import { rotationOf } from "../faults/effects/identities.js";
import type { Fault } from "../faults/fault.js";
import type { PendingFault } from "../faults/fault-book.js";
import { assertFields } from "../faults/fields.js";
import { ENDLESS, faultOfJson } from "../faults/spec.js";
import type { Exchange } from "../http/exchange.js";
import { callerOf } from "../http/exchange.js";
import { invalid, problem } from "../http/problem.js";
import type { RateLimit } from "../http/rate-limit.js";
import type { Reply } from "../http/reply.js";
import { json, Refusal } from "../http/reply.js";
import { asked, jsonBody } from "./body.js";

/** Does one thing to what the path names. */
export type Action = (exchange: Exchange, name: string) => Reply | Promise<Reply>;

/** By the method. */
export type Actions = ReadonlyMap<string, Action>;

export const DONE: Reply = { status: 204, headers: {}, body: { bytes: Buffer.alloc(0) } };

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

/** `/admin/faults/{id}`: one of them. */
export const FAULT: Actions = new Map<string, Action>([
  [
    "DELETE",
    ({ service }, id) => {
      if (!service.faults.remove(Number(id))) throw new Refusal(problem(404, `No fault ${id} is on.`));
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

/** `/admin/policies/{slug}/rotate-certificate` of the caller's organization, with the fields of the fault of that name. */
export const ROTATION: Actions = new Map<string, Action>([
  [
    "POST",
    async (exchange, slug) => {
      const { keys } = callerOf(exchange).organization;
      const body = await jsonBody(exchange);
      const rotation = asked(() => rotationOf(fieldsOfRotation(body)));
      const policy = policyOf(slug);
      await keys.rotate(slug, rotation());
      const { record } = await keys.identity(policy);
      return json({ certificateBytes: record.certificateBytes ?? null });
    },
  ],
]);

/** `/admin/policies/{slug}/submitter`: gives a user the right to submit to the policy, or takes it. */
export const SUBMITTER: Actions = new Map<string, Action>([
  [
    "PUT",
    async (exchange, slug) => {
      const { accounts, setSubmitter } = exchange.service;
      const { user = callerOf(exchange).user.name, submitter, ...more } = await jsonBody(exchange);
      const [unknown] = Object.keys(more);
      if (unknown !== undefined) throw invalid(unknown, "A submitter has user and submitter.");
      if (typeof submitter !== "boolean") throw invalid("submitter", "It must be true or false.");
      policyOf(slug);
      if (!accounts.organizations.some(({ users }) => users.some(({ name }) => name === user))) {
        throw invalid("user", `The emulator has no user '${String(user)}'.`);
      }
      setSubmitter(slug, submitter, String(user));
      return DONE;
    },
  ],
]);

function policyOf(slug: string): PolicyDefinition {
  const policy = findPolicy(PROJECT_SLUG, slug);
  if (policy === undefined)
    throw new Refusal(problem(404, `There is no signing policy with slug '${slug}'.`));
  return policy;
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

function listed({ id, ordered, remaining, undecided }: PendingFault): Record<string, unknown> {
  const finite = (count: number): number | typeof ENDLESS => (Number.isFinite(count) ? count : ENDLESS);
  return {
    id,
    ...ordered,
    count: finite(ordered.count ?? 1),
    remaining: finite(remaining + undecided),
  };
}
