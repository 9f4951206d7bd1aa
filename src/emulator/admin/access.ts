import type { Caller } from "../accounts/accounts.js";
import { authorized } from "../http/authorization.js";
import type { Exchange } from "../http/exchange.js";
import { problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";
import { isLoopback } from "../http/server.js";

const FROM_HERE: ReadonlySet<unknown> = new Set([undefined, "same-origin", "none"]);

/**
 * Lets in who holds an API token and is not a page of another site. A browser's requests for one name `Origin` or
 * `Sec-Fetch-Site`; where a foreign name was made to mean this machine, `Host` tells.
 *
 * @throws Refusal 401, 403
 */
export function admitted({ request, service }: Exchange): Caller {
  const { host = "", origin, authorization, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined && origin !== service.origin) throw foreign("Origin");
  if (!FROM_HERE.has(site)) throw foreign("Sec-Fetch-Site");
  if (!isLoopback(hostName(host))) throw foreign("Host");
  return authorized(authorization, service.accounts);
}

/** @throws Refusal 403 */
export function assertAdministrator({ user }: Caller): void {
  if (!user.administrator) throw new Refusal(problem(403, `The user '${user.name}' is no administrator.`));
}

function foreign(header: string): Refusal {
  return new Refusal(problem(403, `The ${header} of the request is not this emulator's.`));
}

/** Without port and brackets. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
