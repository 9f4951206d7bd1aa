import type { Exchange, Handler } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import { Refusal } from "../http/reply.js";
import { assertAdmin } from "./access.js";
import type { Action, Actions } from "./actions.js";
import { FAULTS, RATE_LIMIT, ROTATION, verdictActions } from "./actions.js";

interface Found {
  readonly actions: Actions;
  /** What the path names. */
  readonly name: string;
}

const POLICY = /^policies\/([^/]+)\/rotate-certificate$/;
const REQUEST = /^signing-requests\/([^/]+)\/(approve|deny|cancel|fail)$/;

/** Everything below `/admin/`, for whoever drives an emulator that runs in another process. */
export const admin: Handler = async (exchange) => {
  assertAdmin(exchange);
  const found = find(exchange.destination.action ?? "");
  if (found === undefined) return problem(404, "The emulator has nothing at this address.");
  const { method = "" } = exchange.request;
  return run(found.actions.get(method), found, exchange);
};

function find(path: string): Found | undefined {
  if (path === "faults") return { actions: FAULTS, name: "" };
  if (path === "rate-limit") return { actions: RATE_LIMIT, name: "" };
  const policy = POLICY.exec(path)?.[1];
  if (policy !== undefined) return { actions: ROTATION, name: policy };
  const [, id, verb = ""] = REQUEST.exec(path) ?? [];
  const actions = verdictActions(verb);
  return id === undefined || actions === undefined ? undefined : { actions, name: id };
}

async function run(action: Action | undefined, { actions, name }: Found, exchange: Exchange): Promise<Reply> {
  if (action === undefined) {
    throw new Refusal(problem(405, undefined, { Allow: [...actions.keys()].join(", ") }));
  }
  return action(exchange, name);
}
