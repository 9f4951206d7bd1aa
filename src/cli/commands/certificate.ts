import type { Command } from "commander";
import { Option } from "commander";
import { collect } from "../arguments.js";
import { openDestination } from "../atomic-file.js";
import { readCertificateFiles } from "../certificate-files.js";
import { describeCertificate } from "../certificate-text.js";
import { usageError } from "../cli-error.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, withClient } from "../client.js";
import { visible } from "../output.js";
import type { Outcome, Session } from "../session.js";

interface CertificateFlags extends ClientFlags {
  readonly format: "pem" | "der";
  readonly out?: string;
  readonly chain?: readonly string[];
}

const AFTER = `
The API gives the policy's certificate without its issuers. With --chain they are taken
from files that you have, each checked to have signed the one before, and appended.

Examples:
  signpath certificate my-app/release > release.pem
  signpath certificate my-app/release --format der --out release.cer
  signpath certificate --chain issuers.pem --out chain.pem`;

export function registerCertificate(program: Command, session: Session): void {
  const command = program
    .command("certificate")
    .argument("[policy]", "project/policy; default: the configured one")
    .summary("show a signing policy's certificate")
    .description("Writes the certificate of a signing policy, as PEM to stdout unless told otherwise.")
    .addOption(
      new Option("--format <format>", "form of the certificate").choices(["pem", "der"]).default("pem"),
    )
    .option("--out <path>", "file to write, in place of stdout")
    .option("--chain <file>", "PEM or DER file with issuers; may be given more than once", collect)
    .addHelpText("after", AFTER);
  addClientOptions(command).action((policy: string | undefined, flags: CertificateFlags) =>
    session.perform(flags, () => certificate(session, policy, flags)),
  );
}

async function certificate(
  session: Session,
  reference: string | undefined,
  flags: CertificateFlags,
): Promise<Outcome> {
  const { output, interruption } = session;
  checkUsage(flags, output.isTerminal);
  const candidates = await readCertificateFiles("--chain", flags.chain ?? []);
  return withClient(session, flags, async (client) => {
    const policy = await client.policy(reference, { signal: interruption.signal });
    const { buildChain, readCertificates, toPem } = await import("../../policy/chain.js");
    const chain = buildChain(policy.certificateDer, readCertificates(candidates));
    if (flags.chain !== undefined && chain.length === 1) {
      output.talk(`none of the certificates given is the issuer of that of ${visible(policy.reference)}`);
    }
    const pem = chain.map(toPem).join("");
    const bytes = flags.format === "der" ? policy.certificateDer : Buffer.from(pem);
    const file = flags.out === "-" ? undefined : flags.out;
    if (file !== undefined) await (await openDestination(file)).commit(bytes);
    else if (!output.json) output.data(bytes);
    const facts = { policy: policy.reference, ...describeCertificate(policy.certificateDer), pem };
    output.event({ event: "certificate", ...facts, ...(file !== undefined && { output: file }) });
    return { exitCode: 0 };
  });
}

function checkUsage({ format, out, chain, json }: CertificateFlags, isTerminal: boolean): void {
  if (format !== "der") return;
  if (chain !== undefined) throw usageError("DER holds one certificate only: --chain needs --format pem");
  if ((out ?? "-") === "-" && isTerminal && json !== true) {
    throw usageError("DER is no text for a terminal: add --out FILE, or redirect stdout");
  }
}
