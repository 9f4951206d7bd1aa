import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { VerifyCmsOptions } from "../../cms/verify/options.js";
import type { Purpose } from "../../cms/verify/path/purpose.js";
import type { CmsVerification } from "../../cms/verify/report.js";
import { collect } from "../arguments.js";
import { readCertificateFiles } from "../certificates/certificate-files.js";
import { isSystemError, reasonOf, unreadable, usageError } from "../errors/cli-error.js";
import { openDestination } from "../shell/atomic-file.js";
import { visible } from "../shell/output.js";
import type { Outcome, OutputFlags, Session } from "../shell/session.js";
import { STREAM } from "../sign/plan.js";
import type { Sources } from "../verify/sources.js";
import { open, sourcesOf } from "../verify/sources.js";

interface VerifyFlags extends OutputFlags {
  readonly signature?: string;
  readonly root?: readonly string[];
  readonly timestampRoot?: readonly string[];
  readonly certificates?: readonly string[];
  readonly crl?: readonly string[];
  readonly at?: Date;
  readonly purpose: Purpose;
  readonly requireTimestamp?: boolean;
  readonly requireRevocation?: boolean;
  readonly anySigner?: boolean;
  readonly allowWeakDigests?: boolean;
  readonly contentOut?: string;
}

const AFTER = `
The signature is what --signature names, FILE.p7s where there is one, or FILE itself with
its content in it: CMS (PKCS#7), DER, BER or PEM, of any size. Nothing is trusted but the
roots that are given, and nothing is asked of any server.

Certificates must be valid at the time of a good timestamp, else at --at, else now. CRLs
in the signature and those given are looked at; --require-revocation asks for one for each
certificate. Content goes to --content-out only once it is verified.

Examples:
  signpath verify setup.msi --root root.pem  # checks setup.msi.p7s
  signpath verify report.p7m --root root.pem --content-out report.pdf
  signpath verify setup.msi --root root.pem --require-timestamp --timestamp-root tsa.pem`;

export function registerVerify(program: Command, session: Session): void {
  program
    .command("verify")
    .argument("<file>", `file that was signed, or an attached signature; ${STREAM} is stdin`)
    .summary("verify a signature")
    .description("Verifies a CMS signature, its certificates and its timestamp. No account is needed.")
    .option("--signature <file>", "a detached signature of the file; default: FILE.p7s")
    .option("--root <file>", "PEM or DER file with what is trusted; may be given more than once", collect)
    .option("--timestamp-root <file>", "the same for timestamps; default: the roots", collect)
    .option("--certificates <file>", "PEM or DER file with more certificates, not trusted", collect)
    .option("--crl <file>", "PEM or DER file with a CRL; may be given more than once", collect)
    .option("--at <date>", "when the certificates must be valid, where no timestamp says it", date)
    .addOption(
      new Option("--purpose <purpose>", "what the signer's certificate must be for")
        .choices(["any", "codeSigning", "emailProtection", "documentSigning", "timeStamping"])
        .default("any"),
    )
    .option("--require-timestamp", "each signature must have a good timestamp")
    .option("--require-revocation", "a CRL must vouch for each certificate below the root")
    .option("--any-signer", "one good signature is enough")
    .option("--allow-weak-digests", "take SHA-1 and MD5 as well")
    .option("--content-out <file>", "write the content of an attached signature")
    .option("--json", "one line of JSON per event on stdout, the last one a summary")
    .addHelpText("after", AFTER)
    .action((file: string, flags: VerifyFlags) => session.perform(flags, () => verify(session, file, flags)));
}

/** Reads an option's value as a date. */
function date(text: string): Date {
  const value = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(value.getTime())) return value;
  throw new InvalidArgumentError("It must be a date like 2026-11-26 or 2026-11-26T12:00:00Z.");
}

async function verify(session: Session, file: string, flags: VerifyFlags): Promise<Outcome> {
  const { output } = session;
  if (flags.root === undefined) throw usageError("--root is missing: nothing is trusted unless it is given");
  const sources = await sourcesOf(file, flags.signature);
  checkUsage(sources, flags);
  const options = await optionsOf(flags);
  const [{ verifyCms }, { CmsVerificationError }, { describeSigner, signerAsJson }] = await Promise.all([
    import("../../cms/verify/verify-cms.js"),
    import("../../cms/verify/report.js"),
    import("../verify/describe-report.js"),
  ]);
  const tell = (event: "verified" | "refused", { signers, contentType }: CmsVerification): void => {
    output.event({ event, ...sources, contentType, signers: signers.map(signerAsJson) });
    if (output.json) return;
    output.data(`${visible(sources.signature)}: ${event === "verified" ? "verified" : "NOT VERIFIED"}\n`);
    for (const line of signers.flatMap((signer) => describeSigner(signer))) output.data(`${visible(line)}\n`);
  };
  const destination = flags.contentOut === undefined ? undefined : await openDestination(flags.contentOut);
  try {
    const report = await verifyCms(open(sources.signature), {
      ...options,
      content: sources.content === undefined ? undefined : open(sources.content),
      signal: session.interruption.signal,
      ...(destination && { onContent: (chunk) => destination.append(chunk) }),
    });
    await destination?.commit(new Uint8Array(0));
    tell("verified", report);
    return { exitCode: 0, summary: { verified: true } };
  } catch (error) {
    if (error instanceof CmsVerificationError && error.verification) tell("refused", error.verification);
    throw readError(error, sources);
  } finally {
    await destination?.discard();
  }
}

function checkUsage({ signature, content }: Sources, { contentOut }: VerifyFlags): void {
  if (signature === STREAM && content === STREAM)
    throw usageError("the file and its signature cannot both come from stdin");
  if (contentOut === undefined) return;
  if (content !== undefined)
    throw usageError("--content-out is for attached signatures: this one is detached");
  if (contentOut === STREAM)
    throw usageError("--content-out needs a file: what has gone to stdout cannot be taken back");
}

async function optionsOf(flags: VerifyFlags): Promise<VerifyCmsOptions> {
  const [roots, timestampRoots, certificates, crls] = await Promise.all([
    readCertificateFiles("--root", flags.root ?? []),
    flags.timestampRoot && readCertificateFiles("--timestamp-root", flags.timestampRoot),
    readCertificateFiles("--certificates", flags.certificates ?? []),
    Promise.all((flags.crl ?? []).map(readCrl)),
  ]);
  return {
    roots,
    timestampRoots,
    certificates,
    crls,
    at: flags.at,
    purpose: flags.purpose,
    requireTimestamp: flags.requireTimestamp,
    requireRevocation: flags.requireRevocation,
    requiredSigners: flags.anySigner ? "any" : "all",
    allowWeakDigests: flags.allowWeakDigests,
  };
}

async function readCrl(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw usageError(`--crl ${visible(path)} cannot be used: ${reasonOf(error)}`);
  });
}

/** Errors of the operating system are about the file that they name. */
function readError(error: unknown, { signature, content }: Sources): unknown {
  if (!isSystemError(error)) return error;
  return unreadable(error.path ?? content ?? signature, error);
}
