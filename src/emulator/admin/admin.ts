import type { Exchange, Handler } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import { Refusal } from "../http/reply.js";
import { admitted, assertAdministrator } from "./access.js";
import type { Action, Actions } from "./actions.js";
import { FAULT, FAULTS, RATE_LIMIT, ROTATION, SUBMITTER } from "./actions.js";
import { AUDIT_ENTRY, AUDIT_LOG } from "./audit-log.js";
import { verdictActions } from "./decisions.js";

interface Found {
  readonly actions: Actions;
  /** What the path names. */
  readonly name: string;
  /** Whether it is for users as well who are no administrators: the action looks at their rights. */
  readonly byRights?: boolean;
}

const ONE_FAULT = /^faults\/([1-9]\d{0,14})$/;
const POLICY = /^policies\/([^/]+)\/(rotate-certificate|submitter)$/;
const REQUEST = /^signing-requests\/([^/]+)(?:\/(approve|deny|cancel|fail))?$/;

/** Everything below `/admin/`, for whoever drives an emulator that runs in another process. */
export const admin: Handler = async (exchange) => {
  const caller = admitted(exchange);
  exchange.caller = caller;
  const found = find(exchange.destination.action ?? "");
  if (found?.byRights !== true) assertAdministrator(caller);
  if (found === undefined) return problem(404, "The emulator has nothing at this address.");
  const { method = "" } = exchange.request;
  return run(found.actions.get(method), found, exchange);
};

function find(path: string): Found | undefined {
  if (path === "faults") return { actions: FAULTS, name: "" };
  if (path === "rate-limit") return { actions: RATE_LIMIT, name: "" };
  if (path === "signing-requests") return { actions: AUDIT_LOG, name: "", byRights: true };
  const [, fault] = ONE_FAULT.exec(path) ?? [];
  if (fault !== undefined) return { actions: FAULT, name: fault };
  const [, policy, what] = POLICY.exec(path) ?? [];
  if (policy !== undefined) return { actions: what === "submitter" ? SUBMITTER : ROTATION, name: policy };
  const [, id, verb] = REQUEST.exec(path) ?? [];
  const actions = verb === undefined ? AUDIT_ENTRY : verdictActions(verb);
  return id === undefined || actions === undefined ? undefined : { actions, name: id, byRights: true };
}

async function run(action: Action | undefined, { actions, name }: Found, exchange: Exchange): Promise<Reply> {
  if (action === undefined) {
    throw new Refusal(problem(405, undefined, { Allow: [...actions.keys()].join(", ") }));
  }
  return action(exchange, name);
}
