import type { Extension } from "@peculiar/x509";
import type { Command } from "commander";
import { Option } from "commander";
import { collect } from "../arguments.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, withClient } from "../client.js";
import { usageError } from "../errors/cli-error.js";
import { openDestination } from "../shell/atomic-file.js";
import type { Outcome, Session } from "../shell/session.js";

interface CsrFlags extends ClientFlags {
  readonly subject?: string;
  readonly dns?: readonly string[];
  readonly email?: readonly string[];
  readonly hash?: keyof typeof HASHES;
  readonly padding?: "pkcs1" | "pss";
  readonly format: "pem" | "der";
  readonly out?: string;
}

const HASHES = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

const AFTER = `
The request (PKCS #10) is signed with the policy's key, which shows the authority that it is
yours. Without --subject it has the name of the policy's certificate, as for a renewal.

Examples:
  signpath csr my-app/release > release.csr
  signpath csr my-app/release --subject "CN=Example Ltd., O=Example Ltd., C=AT" --out new.csr
  openssl req -verify -noout -text -in release.csr`;

export function registerCsr(program: Command, session: Session): void {
  const command = program
    .command("csr")
    .argument("[policy]", "project/policy; default: the configured one")
    .summary("make a certification request for a policy's key")
    .description("Makes a certification request for the key of a signing policy, as PEM to stdout.")
    .option("--subject <name>", 'distinguished name, as "CN=Name, O=Organization"')
    .option("--dns <name>", "subject alternative name; may be given more than once", collect)
    .option("--email <address>", "subject alternative name; may be given more than once", collect)
    .addOption(
      new Option("--hash <hash>", "default: sha256, or that of the curve").choices(Object.keys(HASHES)),
    )
    .addOption(
      new Option("--padding <padding>", "of an RSA signature; pkcs1 unless given").choices(["pkcs1", "pss"]),
    )
    .addOption(new Option("--format <format>", "form of the request").choices(["pem", "der"]).default("pem"))
    .option("--out <path>", "file to write, in place of stdout")
    .addHelpText("after", AFTER);
  addClientOptions(command).action((policy: string | undefined, flags: CsrFlags) =>
    session.perform(flags, () => csr(session, policy, flags)),
  );
}

async function csr(session: Session, reference: string | undefined, flags: CsrFlags): Promise<Outcome> {
  const { output, interruption } = session;
  const file = flags.out === "-" ? undefined : flags.out;
  if (flags.format === "der" && file === undefined && output.isTerminal && flags.json !== true)
    throw usageError("DER is no text for a terminal: add --out FILE, or redirect stdout");
  const destination = file === undefined ? undefined : await openDestination(file);
  try {
    return await withClient(session, flags, async (client) => {
      const { signal } = interruption;
      const policy = await client.policy(reference, { signal });
      const { createCertificateRequest } = await import("../../toolkit/x509/certificates.js");
      const { subject, padding } = flags;
      const hash = flags.hash && HASHES[flags.hash];
      const extensions = await extensionsOf(flags);
      const request = await createCertificateRequest({ policy, subject, hash, padding, extensions, signal });
      const pem = `${request.toString("pem")}\n`;
      const bytes = flags.format === "der" ? new Uint8Array(request.rawData) : Buffer.from(pem);
      if (destination !== undefined) await destination.commit(bytes);
      else if (!output.json) output.data(bytes);
      const written = file === undefined ? {} : { output: file };
      output.event({ event: "request", policy: policy.reference, subject: request.subject, pem, ...written });
      return { exitCode: 0 };
    });
  } finally {
    await destination?.discard();
  }
}

async function extensionsOf({ dns = [], email = [] }: CsrFlags): Promise<Extension[]> {
  if (dns.length + email.length === 0) return [];
  const { x509 } = await import("../../toolkit/x509/signer.js");
  const names = [
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...email.map((value) => ({ type: "email" as const, value })),
  ];
  return [new x509.SubjectAlternativeNameExtension(names)];
}
