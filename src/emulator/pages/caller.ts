import type { Caller } from "../accounts/accounts.js";
import { authorized } from "../http/authorization.js";
import type { Exchange } from "../http/exchange.js";
import { assertOwnPage } from "./access.js";
import { viewerOf } from "./viewer.js";

/**
 * Whose signing request it is that a page of the emulator makes: its session stands for the user's token.
 *
 * @throws Refusal 403
 */
export function callerOfPage(exchange: Exchange): Caller {
  const { request, service } = exchange;
  assertOwnPage(request, service, service.session);
  const { user } = viewerOf(exchange);
  return authorized(`Bearer ${user.apiToken}`, service.accounts);
}
