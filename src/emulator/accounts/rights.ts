import type { PolicyDefinition } from "../catalogue.js";
import type { Verdict } from "../ledger/ledger.js";
import type { Caller } from "./accounts.js";

/** What rights to a signing request depend on. */
interface Asked {
  /** Who submitted it. */
  readonly user: string;
  /** In lower case. */
  readonly organizationId: string;
  readonly policy: PolicyDefinition;
}

export function maySubmit({ user }: Caller, { slug }: PolicyDefinition): boolean {
  return user.submitter.has(slug);
}

/** Whoever has to do with a signing request may read it, and an auditor all of the organization. */
export function mayRead(caller: Caller, asked: Asked): boolean {
  return caller.user.auditor || hasToDoWith(caller, asked);
}

/** Whoever may submit to the policy, approve there, or has submitted it. */
export function hasToDoWith({ user }: Caller, { user: submitter, policy: { slug } }: Asked): boolean {
  return user.name === submitter || user.submitter.has(slug) || user.approver.has(slug);
}

/** Why a user may not decide so; `undefined` where it may. */
export function refusalOf(caller: Caller, asked: Asked, verdict: Verdict): string | undefined {
  const { user, organization } = caller;
  const { slug } = asked.policy;
  const belongs = asked.organizationId === organization.id.toLowerCase();
  if (verdict === "approved" || verdict === "denied") {
    return belongs && user.approver.has(slug)
      ? undefined
      : `The user '${user.name}' is no approver of the signing policy '${slug}'.`;
  }
  if (user.administrator || (verdict === "canceled" && belongs && hasToDoWith(caller, asked)))
    return undefined;
  return `The user '${user.name}' may not end a signing request of the signing policy '${slug}'.`;
}
