import type { Accounts, Caller } from "../accounts/accounts.js";
import { problem } from "./problem.js";
import { Refusal } from "./reply.js";

const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Whose bearer token it is (RFC 6750). What the service answers to one that works no longer is not known: here 401, as
 * to a wrong one.
 *
 * @throws Refusal 401
 */
export function authorized(header: string | undefined, accounts: Accounts): Caller {
  if (header === undefined) throw unauthorized("The API token is missing.");
  const caller = accounts.byToken(BEARER.exec(header)?.[1] ?? "");
  if (caller === undefined) throw unauthorized("The API token is invalid.");
  if (caller.user.tokenStatus === "expired") throw unauthorized("The API token has expired.");
  if (caller.user.tokenStatus === "revoked") throw unauthorized("The API token has been revoked.");
  return caller;
}

function unauthorized(detail: string): Refusal {
  return new Refusal(problem(401, detail, { "WWW-Authenticate": "Bearer" }));
}
