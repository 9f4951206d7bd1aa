import type { Exchange } from "../http/exchange.js";
import { callerOf } from "../http/exchange.js";
import { invalid, problem } from "../http/problem.js";
import { json, Refusal } from "../http/reply.js";
import type { LogEntry } from "../ledger/entry.js";
import type { AuditLogQuery } from "../ledger/query.js";
import { RESULTS } from "../ledger/query.js";
import { logEntryOf } from "../ledger/signing-request.js";
import type { Action, Actions } from "./actions.js";

const MOST = 1000;
const DEFAULT_LIMIT = 50;
const NAMES: ReadonlySet<string> = new Set(["before", "limit", "policy", "status", "text", "organizationId"]);

/** `/admin/signing-requests`: the audit log, newest first: `before`, `limit`, `policy`, `status`, `text`. */
export const AUDIT_LOG: Actions = new Map<string, Action>([
  [
    "GET",
    (exchange) => {
      const { entries, next } = exchange.service.ledger.page({ ...queryOf(exchange), ...scopeOf(exchange) });
      return json({ entries, next: next ?? null, count: exchange.service.ledger.count });
    },
  ],
]);

/** `/admin/signing-requests/{id}`: one entry, and what went over the wire as long as that is remembered. */
export const AUDIT_ENTRY: Actions = new Map<string, Action>([
  [
    "GET",
    (exchange, id) => {
      const { ledger, exchanges } = exchange.service;
      const logged = ledger.findLogged(id);
      const entry = logged && logEntryOf(logged);
      if (entry === undefined || !isWithin(entry, scopeOf(exchange))) {
        return problem(404, `The log has no entry with id '${id}'.`);
      }
      return json({ ...entry, exchange: exchanges.find(id) ?? null });
    },
  ],
]);

/** An administrator reads all of it, an auditor what is the organization's. */
function scopeOf(exchange: Exchange): Pick<AuditLogQuery, "organizationId"> {
  const { user, organization } = callerOf(exchange);
  if (user.administrator) return {};
  if (user.auditor) return { organizationId: organization.id };
  throw new Refusal(problem(403, `The user '${user.name}' may not read the audit log.`));
}

function isWithin(entry: LogEntry, { organizationId }: Pick<AuditLogQuery, "organizationId">): boolean {
  return organizationId === undefined || entry.organizationId === organizationId.toLowerCase();
}

function queryOf({ query }: Exchange): AuditLogQuery {
  const given = new Map(new URLSearchParams(query));
  for (const name of given.keys()) {
    if (!NAMES.has(name))
      throw invalid(name, `The audit log has no '${name}'; it has ${[...NAMES].join(", ")}.`);
  }
  const status = given.get("status");
  const result = RESULTS.find((each) => each === status);
  if (status !== undefined && result === undefined) {
    throw invalid("status", `It must be one of ${RESULTS.join(", ")}.`);
  }
  const before = given.has("before")
    ? number("before", given.get("before"), Number.MAX_SAFE_INTEGER)
    : undefined;
  const [policy, text, organizationId] = ["policy", "text", "organizationId"].map((name) => given.get(name));
  return {
    limit: given.has("limit") ? number("limit", given.get("limit"), MOST) : DEFAULT_LIMIT,
    ...(before !== undefined && { before }),
    ...(result !== undefined && { status: result }),
    ...(policy !== undefined && { policy }),
    ...(text !== undefined && { text }),
    ...(organizationId !== undefined && { organizationId }),
  };
}

function number(name: string, text: string | undefined, most: number): number {
  const value = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || value < 1 || value > most) {
    throw invalid(name, `It must be a whole number from 1 to ${most}.`);
  }
  return value;
}
