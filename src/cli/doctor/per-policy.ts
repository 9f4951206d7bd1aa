import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { Finding } from "./finding.js";

/** So many names are shown of a longer list. */
const MOST_NAMES = 3;

/** What a check says of each policy; those of which it says the same are put together. */
export function perPolicy(
  policies: readonly SigningPolicy[],
  check: (policy: SigningPolicy) => Finding,
): Finding[] {
  const groups = new Map<string, { readonly finding: Finding; readonly names: string[] }>();
  for (const policy of policies) {
    const finding = check(policy);
    const key = JSON.stringify([finding.status, finding.code, finding.found, finding.advice]);
    const group = groups.get(key) ?? { finding, names: [] };
    group.names.push(policy.reference);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ finding, names }) => ({
    ...finding,
    found: `${listOf(names)}: ${finding.found}`,
    details: { policies: names, ...finding.details },
  }));
}

/** `a, b, c and 4 more` */
export function listOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more <= 1 ? names.join(", ") : `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more`;
}
