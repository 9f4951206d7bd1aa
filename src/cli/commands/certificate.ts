import type { Command } from "commander";
import { Option } from "commander";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import { collect } from "../arguments.js";
import { readCertificateFiles } from "../certificates/certificate-files.js";
import type { CertificateText } from "../certificates/certificate-text.js";
import { describeCertificate, keyText } from "../certificates/certificate-text.js";
import { untimely } from "../certificates/validity.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, withClient } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import { openDestination } from "../shell/atomic-file.js";
import type { Output } from "../shell/output.js";
import { visible } from "../shell/output.js";
import type { Outcome, Session } from "../shell/session.js";
import { table } from "../shell/table.js";

interface CertificateFlags extends ClientFlags {
  readonly format: "pem" | "der" | "text";
  readonly out?: string;
  readonly chain?: readonly string[];
}

const AFTER = `
The API gives the policy's certificate without its issuers. With --chain they are taken
from files that you have, each checked to have signed the one before, and appended. Text is
for reading: whose the certificates are, until when, and of which key.

Examples:
  signpath certificate demo/rsa-2048 --format text
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
      new Option("--format <format>", "form of the certificate")
        .choices(["pem", "der", "text"])
        .default("pem"),
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
    const { buildChain, isSelfSigned, readCertificates, toPem } = await import("../../policy/chain.js");
    const chain = buildChain(policy.certificateDer, readCertificates(candidates));
    const described = chain.map(describeCertificate);
    warn(described, isSelfSigned(chain.at(-1) ?? policy.certificateDer), policy, flags, output);
    const pem = chain.map(toPem).join("");
    const text = described.map((each, index) => certificateLines(each, index === 0 ? keyText(policy) : ""));
    const bytes =
      flags.format === "der"
        ? policy.certificateDer
        : Buffer.from(flags.format === "text" ? text.join("\n") : pem);
    const file = flags.out === "-" ? undefined : flags.out;
    if (file !== undefined) await (await openDestination(file)).commit(bytes);
    else if (!output.json) output.data(bytes);
    const [leaf, ...issuers] = described;
    const facts = { policy: policy.reference, ...leaf, issuers, pem };
    output.event({ event: "certificate", ...facts, ...(file !== undefined && { output: file }) });
    return { exitCode: 0 };
  });
}

/** Says on stderr what whoever gets the certificates would find out later. */
function warn(
  [leaf, ...issuers]: readonly CertificateText[],
  isComplete: boolean,
  { reference }: SigningPolicy,
  { chain }: CertificateFlags,
  output: Output,
): void {
  const late = leaf && untimely(leaf, Date.now());
  if (late !== undefined) output.talk(`the certificate of ${visible(reference)} ${late.said}`);
  if (chain === undefined || isComplete) return;
  const missing = issuers.at(-1)?.issuer;
  output.talk(
    missing === undefined
      ? `none of the certificates given is the issuer of that of ${visible(reference)}`
      : visible(`the chain ends below ${missing}, which is not among the certificates given`),
  );
}

function certificateLines(certificate: CertificateText, key: string): string {
  const { subject, issuer, serialNumber, validFrom, validTo, fingerprint } = certificate;
  const rows = [
    ["Subject", subject],
    ["Issuer", issuer],
    ["Serial number", serialNumber],
    ["Valid from", validFrom],
    ["Valid until", validTo],
    ...(key === "" ? [] : [["Key", key]]),
    ["SHA-256", fingerprint],
  ];
  return table(rows.map((row) => row.map(visible)));
}

function checkUsage({ format, out, chain, json }: CertificateFlags, isTerminal: boolean): void {
  if (format !== "der") return;
  if (chain !== undefined) throw usageError("DER holds one certificate only: --chain needs --format pem");
  if ((out ?? "-") === "-" && isTerminal && json !== true) {
    throw usageError("DER is no text for a terminal: add --out FILE, or redirect stdout");
  }
}
