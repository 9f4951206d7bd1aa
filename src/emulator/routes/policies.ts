import { maySubmit } from "../accounts/rights.js";
import { POLICIES, PROJECT_SLUG } from "../catalogue.js";
import type { Handler } from "../http/exchange.js";
import { callerOf } from "../http/exchange.js";
import { json } from "../http/reply.js";

/** `GET Cryptoki/MySigningPolicies`: the policies to which the token's user may submit. */
export const mySigningPolicies: Handler = async (exchange) => {
  const filter = filterOf(exchange.query);
  const caller = callerOf(exchange);
  const wanted = POLICIES.filter((policy) => maySubmit(caller, policy)).filter(
    ({ slug }) =>
      (filter.get("projectslug") ?? PROJECT_SLUG) === PROJECT_SLUG &&
      (filter.get("signingpolicyslug") ?? slug) === slug,
  );
  const identities = await Promise.all(wanted.map((policy) => caller.organization.keys.identity(policy)));
  return json({ signingPolicies: identities.map(({ record }) => record) });
};

/** By the name in lower case; an empty value does not filter. */
function filterOf(query: string): ReadonlyMap<string, string> {
  const filter = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (value !== "") filter.set(name.toLowerCase(), value);
  }
  return filter;
}
