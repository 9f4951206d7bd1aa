import type { Context } from "../context.js";
import { isCalled } from "../context.js";
import type { Finding } from "../finding.js";
import { failure, ok, skipped, warning } from "../finding.js";
import { perPolicy } from "../per-policy.js";

const SUBMITTER = "The token's user must be a submitter of the policy.";

/** The policies that the token may use, and whether the ones that are wanted are among them. */
export async function checkPolicies({ service, wanted }: Context): Promise<Finding[]> {
  const { policies = [] } = await service();
  if (policies.length === 0) {
    const found = "the API token's user is a submitter of no signing policy";
    return [failure("POLICY_NOT_FOUND", found, `Make the user a submitter. ${SUBMITTER}`)];
  }
  const isWanted = (policy: (typeof policies)[number]): boolean =>
    wanted.some((slugs) => isCalled(policy, slugs));
  const missing = wanted.filter((slugs) => !policies.some((policy) => isCalled(policy, slugs)));
  const others = policies.filter((policy) => !isWanted(policy));
  return [
    ...perPolicy(policies.filter(isWanted), ({ defect }) => {
      if (defect === undefined) return ok("may be used for signing");
      return failure(
        "POLICY_UNUSABLE",
        `cannot be used: ${defect}`,
        "Choose another policy, or give it an X.509 certificate.",
      );
    }),
    ...missing.map(({ projectSlug, signingPolicySlug }) =>
      failure(
        "POLICY_NOT_FOUND",
        `there is no signing policy ${projectSlug}/${signingPolicySlug} for this API token`,
        `Check both slugs; the token may use ${policies.map(({ reference }) => reference).join(", ")}. ${SUBMITTER}`,
      ),
    ),
    ...perPolicy(
      others.filter(({ defect }) => defect === undefined),
      () => ok("may be used for signing"),
    ),
    ...perPolicy(
      others.filter(({ defect }) => defect !== undefined),
      ({ defect }) => {
        const found = `cannot be used: ${defect}`;
        if (wanted.length > 0) return skipped("NOT_APPLICABLE", `${found}; it is not asked for`);
        return warning("POLICY_UNUSABLE", found, "Sign with another policy.");
      },
    ),
  ];
}
