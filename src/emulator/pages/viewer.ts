import type { Caller } from "../accounts/accounts.js";
import type { Exchange } from "../http/exchange.js";
import { PAGES_PATH } from "../http/router.js";
import type { Content } from "./html.js";
import { html } from "./html.js";
import { option } from "./parts.js";
import { cookieIn } from "./session.js";

const YEAR_S = 31_536_000;

/** The user whom a page acts for: the one that was chosen, or whose emulator it is. */
export function viewerOf({ request, service }: Exchange): Caller {
  const { accounts } = service;
  const name = cookieIn(request.headers.cookie, cookieOf(service));
  return callers(accounts).find(({ user }) => encodeURIComponent(user.name) === name) ?? accounts.first;
}

/** The value of `Set-Cookie` that chooses a user, if there is one of that name. */
export function viewerCookie({ service }: Exchange, name: string): string | undefined {
  if (!callers(service.accounts).some(({ user }) => user.name === name)) return undefined;
  return `${cookieOf(service)}=${encodeURIComponent(name)}; Path=/; Max-Age=${YEAR_S}; HttpOnly; SameSite=Lax`;
}

/** Whom the page acts for, where there is a choice. */
export function viewerChoice(exchange: Exchange, here: string): Content {
  const { organizations } = exchange.service.accounts;
  if (organizations.flatMap(({ users }) => users).length < 2) return undefined;
  const { user } = viewerOf(exchange);
  return html`<form class="viewer" method="post" action="${PAGES_PATH}/user"><input type="hidden" name="return" value="${here}">
<label for="viewer">Act as</label><select id="viewer" name="user">${organizations.map(
    ({ name, users }) =>
      html`<optgroup label="${name}">${users.map((each) => option(each.name, each.name, user.name))}</optgroup>`,
  )}</select><button class="small">Switch<span class="unseen"> to the user</span></button></form>`;
}

/** Cookies know no ports: each emulator has its own choice. */
function cookieOf({ origin }: Exchange["service"]): string {
  return `signpath-emulator-user-${new URL(origin).port}`;
}

function callers({ organizations }: Exchange["service"]["accounts"]): Caller[] {
  return organizations.flatMap((organization) => organization.users.map((user) => ({ user, organization })));
}
