import { PROJECT_SLUG } from "../catalogue.js";
import type { Handler } from "../http/exchange.js";
import { json } from "../http/reply.js";

/** `GET Cryptoki/MySigningPolicies`: the policies to which the token's user may submit. */
export const mySigningPolicies: Handler = async ({ query, service: { catalogue, keys } }) => {
  const filter = filterOf(query);
  const wanted = catalogue
    .submittable()
    .filter(
      ({ slug }) =>
        (filter.get("projectslug") ?? PROJECT_SLUG) === PROJECT_SLUG &&
        (filter.get("signingpolicyslug") ?? slug) === slug,
    );
  const identities = await Promise.all(wanted.map((policy) => keys.identity(policy)));
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
