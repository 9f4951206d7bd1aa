import type { Caller } from "../accounts/accounts.js";
import { maySubmit } from "../accounts/rights.js";
import type { PolicyDefinition } from "../catalogue.js";
import { findPolicy } from "../catalogue.js";
import { invalid, problem } from "../http/problem.js";
import { Refusal } from "../http/reply.js";
import type { SigningOrder } from "../keys/signing-key.js";

/**
 * The policy of a submission, if the token's user may submit to it.
 *
 * @throws Refusal 400 where there is none, 403 where the user is not a submitter
 */
export function policyFor(caller: Caller, projectSlug: string, slug: string): PolicyDefinition {
  const policy = findPolicy(projectSlug, slug);
  if (policy === undefined) {
    const message = `There is no signing policy with slug '${slug}' in the project with slug '${projectSlug}'.`;
    throw invalid("SigningPolicySlug", message);
  }
  if (!maySubmit(caller, policy)) {
    const detail = `You are not a submitter of the signing policy with slug '${slug}' in the project with slug '${projectSlug}'.`;
    throw new Refusal(problem(403, detail));
  }
  return policy;
}

/** Nobody can approve in the time of one HTTP request. */
export function refuseApproval(policy: PolicyDefinition): void {
  if (policy.approval) {
    const message =
      "The selected signing policy has an approval process. Hash signing does not support approvals.";
    // Keyed by the id although slugs were sent: recorded so.
    throw invalid("SigningPolicyId", message);
  }
}

export function refuseMisfit(order: SigningOrder, policy: PolicyDefinition): void {
  const type = order.algorithm === "Ecdsa" ? "Ecdsa" : "Rsa";
  if (type !== policy.key.type) {
    const message = `The signature algorithm '${order.algorithm}' does not match the key type '${policy.key.type}' of the certificate.`;
    throw invalid("", message);
  }
}
