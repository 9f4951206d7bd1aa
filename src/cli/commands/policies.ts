import type { Command } from "commander";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { CertificateText } from "../certificate-text.js";
import { describeCertificate, keyText } from "../certificate-text.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, withClient } from "../client.js";
import { visible } from "../output.js";
import type { Outcome, Session } from "../session.js";
import { table } from "../table.js";

const AFTER = `
The API token's user must be a submitter of a policy for it to be listed.

Examples:
  signpath policies
  signpath policies --json | jq -r 'select(.event == "policy") | .reference'`;

export function registerPolicies(program: Command, session: Session): void {
  const command = program
    .command("policies")
    .summary("list the signing policies that can be used")
    .description(
      "Lists the signing policies that the API token's user may use, with their keys and certificates.",
    )
    .addHelpText("after", AFTER);
  addClientOptions(command).action((flags: ClientFlags) =>
    session.perform(flags, () => list(session, flags)),
  );
}

function list(session: Session, flags: ClientFlags): Promise<Outcome> {
  return withClient(session, flags, async (client) => {
    const { output, interruption } = session;
    const policies = await client.policies({}, { signal: interruption.signal });
    const listed = policies.map((policy) => ({ policy, certificate: certificateOf(policy) }));
    for (const { policy, certificate } of listed) {
      output.event({ event: "policy", ...policy.toJSON(), ...(certificate && { certificate }) });
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

function validity({ validFrom, validTo }: CertificateText): string {
  const now = new Date().toISOString();
  const day = validTo.slice(0, 10);
  if (validTo < now) return `${day} (expired)`;
  return validFrom > now ? `${day} (not yet valid)` : day;
}
