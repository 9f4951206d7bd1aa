import type { Command } from "commander";
import type { PolicyFilter } from "../../api/client.js";
import { SignPathError } from "../../base/errors.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { CertificateText } from "../certificates/certificate-text.js";
import { describeCertificate, keyText } from "../certificates/certificate-text.js";
import type { Untimely } from "../certificates/validity.js";
import { untimely } from "../certificates/validity.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, withClient } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import { visible } from "../shell/output.js";
import type { Outcome, Session } from "../shell/session.js";
import { table } from "../shell/table.js";

const AFTER = `
The API token's user must be a submitter of a policy for it to be listed. What has expired, is
not valid yet or ends within 30 days is marked.

Examples:
  signpath policies
  signpath policies demo
  signpath policies --json | jq -r 'select(.event == "policy") | .reference'`;

export function registerPolicies(program: Command, session: Session): void {
  const command = program
    .command("policies")
    .argument("[project]", "slug of a project, or project/policy; default: all")
    .summary("list the signing policies that can be used")
    .description(
      "Lists the signing policies that the API token's user may use, with their keys and certificates.",
    )
    .addHelpText("after", AFTER);
  addClientOptions(command).action((name: string | undefined, flags: ClientFlags) =>
    session.perform(flags, () => list(session, name, flags)),
  );
}

async function list(session: Session, name: string | undefined, flags: ClientFlags): Promise<Outcome> {
  const filter = filterOf(name);
  return withClient(session, flags, async (client) => {
    const { output, interruption } = session;
    const policies = await client.policies(filter, { signal: interruption.signal });
    if (policies.length === 0 && name !== undefined) throw notFound(name);
    const listed = policies.map((policy) => ({ policy, certificate: certificateOf(policy) }));
    for (const { policy, certificate } of listed) {
      const status = certificate && { status: statusOf(certificate) };
      output.event({ event: "policy", ...policy.toJSON(), ...(certificate && { certificate }), ...status });
    }
    if (listed.length === 0) {
      output.talk("There is no signing policy that this API token's user is a submitter of.");
    } else if (!output.json) {
      const rows = listed.map(({ policy, certificate }) => row(policy, certificate));
      output.data(table([["POLICY", "KEY", "VALID UNTIL", "SUBJECT"], ...rows]));
    }
    return { exitCode: 0, summary: { policies: policies.length } };
  });
}

function certificateOf(policy: SigningPolicy): CertificateText | undefined {
  return policy.defect === undefined ? describeCertificate(policy.certificateDer) : undefined;
}

function row(policy: SigningPolicy, certificate: CertificateText | undefined): string[] {
  const cells =
    certificate === undefined
      ? ["-", "-", `cannot be used: ${policy.defect ?? ""}`]
      : [keyText(policy), validity(certificate), certificate.subject];
  return [policy.reference, ...cells].map(visible);
}

/** @throws {CliError} `USAGE` for what is neither a slug nor two */
function filterOf(name: string | undefined): PolicyFilter {
  if (name === undefined) return {};
  const [projectSlug, signingPolicySlug, ...more] = name.split("/");
  if (!projectSlug || signingPolicySlug === "" || more.length > 0)
    throw usageError("a project is named by its slug, a signing policy by project/policy");
  return { projectSlug, signingPolicySlug };
}

function notFound(name: string): SignPathError {
  const message = `there is no signing policy of ${name} for this API token: check the slugs, and that the token's user is a submitter`;
  return new SignPathError("POLICY_NOT_FOUND", message, { stage: "policy", attempts: 1 });
}

const MARKS: Readonly<Record<Untimely, string>> = {
  CERTIFICATE_EXPIRED: "expired",
  CERTIFICATE_NOT_YET_VALID: "not yet valid",
  CERTIFICATE_EXPIRES_SOON: "soon",
};

/** `VALID`, or why it is not or soon not. */
function statusOf(certificate: CertificateText): Untimely | "VALID" {
  return untimely(certificate, Date.now())?.code ?? "VALID";
}

function validity(certificate: CertificateText): string {
  const day = certificate.validTo.slice(0, 10);
  const status = statusOf(certificate);
  return status === "VALID" ? day : `${day} (${MARKS[status]})`;
}
