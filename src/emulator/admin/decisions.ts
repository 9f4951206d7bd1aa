import type { Caller } from "../accounts/accounts.js";
import { refusalOf } from "../accounts/rights.js";
import type { Exchange } from "../http/exchange.js";
import { callerOf } from "../http/exchange.js";
import { invalid, problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";
import { Refusal } from "../http/reply.js";
import type { JsonObject } from "../json.js";
import { own, unknownProperty } from "../json.js";
import type { Verdict } from "../ledger/ledger.js";
import type { SigningRequest } from "../ledger/signing-request.js";
import type { Action, Actions } from "./actions.js";
import { DONE } from "./actions.js";
import { optionalJsonBody } from "./body.js";

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ["approve", "approved"],
  ["deny", "denied"],
  ["cancel", "canceled"],
  ["fail", "failed"],
]);
const FIELDS: ReadonlySet<string> = new Set(["comment", "by"]);
const MAX_COMMENT = 1000;

/**
 * `/admin/signing-requests/{id}/{verb}`, with `comment` in its body if need be. An administrator may do it in the name of
 * another user: `by`.
 */
export function verdictActions(verb: string): Actions | undefined {
  const verdict = VERDICTS.get(verb);
  if (verdict === undefined) return undefined;
  const act: Action = async (exchange, id) => decide(exchange, id, verdict, await optionalJsonBody(exchange));
  return new Map([["POST", act]]);
}

function decide(exchange: Exchange, id: string, verdict: Verdict, body: JsonObject): Reply {
  const { ledger } = exchange.service;
  const unknown = unknownProperty(body, FIELDS);
  if (unknown !== undefined) throw invalid(unknown, "A decision has a comment and by.");
  const comment = text(body, "comment");
  const request = ledger.find(id);
  const caller = deciderOf(exchange, text(body, "by"));
  if (request === undefined || !isOf(caller, request, callerOf(exchange))) {
    return problem(404, `There is no signing request with id '${id}'.`);
  }
  const reason = refusalOf(caller, request, verdict);
  if (reason !== undefined) return problem(403, reason);
  try {
    ledger.decide(id, verdict, { by: caller.user.name, comment });
    return DONE;
  } catch (error) {
    if (error instanceof RangeError) return problem(409, error.message);
    throw error;
  }
}

function deciderOf(exchange: Exchange, by: string | undefined): Caller {
  const caller = callerOf(exchange);
  if (by === undefined || by === caller.user.name) return caller;
  if (!caller.user.administrator) {
    throw new Refusal(problem(403, `The user '${caller.user.name}' is no administrator.`));
  }
  try {
    return exchange.service.accounts.byName(by);
  } catch (error) {
    if (error instanceof RangeError) throw invalid("by", error.message);
    throw error;
  }
}

function isOf({ organization }: Caller, request: SigningRequest, { user }: Caller): boolean {
  return user.administrator || request.organizationId === organization.id.toLowerCase();
}

function text(body: JsonObject, name: string): string | undefined {
  const value = own(body, name);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length > MAX_COMMENT) {
    throw invalid(name, `It must be a text of at most ${MAX_COMMENT} characters.`);
  }
  return value;
}
