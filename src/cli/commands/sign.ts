import type { Command } from "commander";
import { Option } from "commander";
import type { SignPathError } from "../../base/errors.js";
import { CERTIFICATES_VARIABLE, certificatePathsIn } from "../../policy/issuers.js";
import { collect, wholeNumber } from "../arguments.js";
import { readCertificateFiles } from "../certificate-files.js";
import { usageError } from "../cli-error.js";
import type { ClientFlags } from "../client.js";
import { addClientOptions, duration, withClient } from "../client.js";
import { combinedExitCode } from "../exit-codes.js";
import { visible } from "../output.js";
import type { Outcome, Session } from "../session.js";
import type { BatchEvents } from "../sign/batch.js";
import { runBatch } from "../sign/batch.js";
import type { CmsFlags } from "../sign/cms-flags.js";
import { addCmsOptions, checkCmsFlags, cmsChoicesOf } from "../sign/cms-flags.js";
import type { Plan } from "../sign/plan.js";
import { makePlan, STREAM } from "../sign/plan.js";
import type { HashName, SignatureFormat, SignatureOptions, Signer } from "../sign/signer.js";
import { EXTENSIONS, makeSigner } from "../sign/signer.js";
import { timestampUrls } from "../sign/timestamps.js";

interface SignFlags extends ClientFlags, CmsFlags {
  readonly policy?: string;
  readonly jobs: number;
  readonly format: SignatureFormat;
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly padding?: "pkcs1" | "pss";
  readonly ecdsaFormat?: "der" | "ieee";
  readonly certificates?: readonly string[];
  readonly timestamp?: readonly string[];
  readonly timestampRoots?: readonly string[];
  readonly timestampOrder?: "sequential" | "spread";
  readonly keepUnstamped?: boolean;
  readonly out?: string;
}

const HASHES: Readonly<Record<SignFlags["hash"], HashName>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

const AFTER = `
A signature appears whole or not at all: it is written to a temporary file, which takes
its name at the end. An existing one is replaced only then. Whether it can be written is
found out before a signature is spent.

Formats:
  cms  CMS SignedData (PKCS#7), DER, detached unless --attached: FILE.p7s
  raw  the signature alone, as "openssl dgst -verify" takes it: FILE.sig
       That of an EC key is ASN.1 (DER); --ecdsa-format ieee gives r and s one after the
       other, as WebCrypto, JWS and .NET have them.

Attached content is streamed: a file is read twice for DER, once to be signed and once to be
written; stdin is read once and makes BER, for --encoding der in memory, up to 1 GiB. On
stdout the content is there before it is known whether all went well: look at the exit code.
With --aia issuers are asked for at public http and https addresses only, without the token.

Timestamps:
  --timestamp (or SIGNPATH_TIMESTAMP_URLS, addresses with spaces between them) names
  authorities by RFC 3161. They are asked in their order, until one gives a timestamp that
  holds; --timestamp-order spread begins with another one for each file, to spread the load.
  No signature is made again because of that. Where there is no timestamp, nothing is written,
  no other file is begun, and the exit code is 5; --keep-unstamped writes the signature without
  one and goes on, and the exit code is 5 as well. A user name and a password belong into the
  variable: https://name:password@tsa.example

Examples:
  signpath sign setup.msi --timestamp http://tsa.example --timestamp https://other.example
  signpath sign setup.msi --policy my-app/release --certificates issuers.pem
    openssl cms -verify -binary -inform DER -in setup.msi.p7s -content setup.msi \\
      -CAfile root.pem -out verified.msi
  signpath sign dist/*.zip --out signatures/ --jobs 8
  signpath sign setup.msi --format raw
    signpath certificate | openssl x509 -pubkey -noout > key.pem
    openssl dgst -sha256 -verify key.pem -signature setup.msi.sig setup.msi
  tar c dist | signpath sign - --out dist.tar.p7s`;

export function registerSign(program: Command, session: Session): void {
  const command = program
    .command("sign")
    .argument("<file...>", `files to sign; ${STREAM} is stdin`)
    .summary("sign files")
    .description("Signs files. Each is hashed here; only the hash is sent.")
    .option("--policy <project/policy>", "whose key signs; default: the configured one")
    .addOption(new Option("--format <format>", "what to make").choices(["cms", "raw"]).default("cms"))
    .addOption(new Option("--hash <hash>", "of the content").choices(Object.keys(HASHES)).default("sha256"))
    .addOption(
      new Option("--padding <padding>", "of an RSA signature; pkcs1 unless given").choices(["pkcs1", "pss"]),
    )
    .addOption(
      new Option("--ecdsa-format <form>", "of a raw EC signature; der unless given").choices(["der", "ieee"]),
    )
    .option(
      "--certificates <file>",
      "PEM or DER file with issuers to put into CMS, may be given more than once; default: those of SIGNPATH_CERTIFICATES",
      collect,
    )
    .option("--timestamp <url>", "timestamp authority; may be given more than once", collect)
    .option(
      "--timestamp-roots <file>",
      "PEM or DER file with the roots that timestamps must lead to; may be given more than once",
      collect,
    )
    .addOption(
      new Option(
        "--timestamp-order <order>",
        "in which authorities are asked; sequential unless given: as they stand",
      ).choices(["sequential", "spread"]),
    )
    .option("--keep-unstamped", "write signatures whose timestamp is not to be had, too")
    .option("--out <path>", `a file for one signature, a directory for all, or ${STREAM} for stdout`)
    .option("--jobs <n>", "files to sign at the same time", wholeNumber(1, 256), 4);
  addClientOptions(addCmsOptions(command))
    .addHelpText("after", AFTER)
    .action((files: string[], flags: SignFlags) => session.perform(flags, () => sign(session, files, flags)));
}

async function sign(session: Session, files: readonly string[], flags: SignFlags): Promise<Outcome> {
  checkUsage(flags, session.output.isTerminal);
  const urls = timestampUrls(flags.timestamp, flags.format === "cms" ? process.env : {});
  if (urls.length === 0) refuseTimestampFlags(flags);
  const roots = await readCertificateFiles("--timestamp-roots", flags.timestampRoots ?? []);
  const plain = {
    format: flags.format,
    hash: HASHES[flags.hash],
    padding: flags.padding,
    attached: flags.attached ?? false,
    ecdsaFormat: flags.ecdsaFormat ?? "der",
    certificates: await certificatesOf(flags),
    cms: cmsChoicesOf(flags),
    onWarning: (error: SignPathError) => warn(session, error),
  };
  return withClient(session, flags, async (client) => {
    const timestamps = urls.length === 0 ? undefined : { urls, roots, order: flags.timestampOrder, client };
    const options: SignatureOptions = { ...plain, timestamps };
    const plan = await makePlan(files, flags.out, EXTENSIONS[flags.format]);
    const exitCodes = plan.unreadable.map(({ file, error }) => session.report(error, file));
    if (plan.jobs.length === 0) return finish(session, plan, { signed: 0, exitCodes, notTried: 0 });
    const { signal } = session.interruption;
    const prepared = client
      .policy(flags.policy, { signal })
      .then(async (policy) => ({ policy: policy.reference, signer: await makeSigner(policy, options) }));
    const ready = await prepared.catch((error: unknown) => {
      if (!signal.aborted) exitCodes.push(session.report(error));
    });
    if (ready === undefined)
      return finish(session, plan, { signed: 0, exitCodes, notTried: plan.jobs.length });
    const events = eventsOf(session, ready.policy, ready.signer, options);
    const { output } = session;
    const keepUnstamped = flags.keepUnstamped ?? false;
    const batch = { output, signal, events, keepUnstamped };
    const result = await runBatch(plan.jobs, ready.signer, flags.jobs, batch);
    return finish(session, plan, { ...result, exitCodes: [...exitCodes, ...result.exitCodes] });
  });
}

function warn({ output }: Session, { code, message }: SignPathError): void {
  output.event({ event: "warning", code, message });
  if (!output.json) output.talk(visible(`warning: ${message}`));
}

/** Options that do not go together. */
function checkUsage(flags: SignFlags, isTerminal: boolean): void {
  const { format, out, json } = flags;
  if (format === "raw") {
    if (flags.attached) throw usageError("--attached is for --format cms: a raw signature holds no content");
    if (flags.certificates)
      throw usageError("--certificates is for --format cms: a raw signature holds none");
    if (flags.timestamp)
      throw usageError("--timestamp is for --format cms: a raw signature has no place for one");
  } else if (flags.ecdsaFormat) throw usageError("--ecdsa-format is for --format raw: CMS has its own");
  checkCmsFlags(flags, format);
  if (out !== STREAM) return;
  if (json) throw usageError("--json and --out - would both write to stdout");
  if (isTerminal) throw usageError("a signature is no text for a terminal: redirect stdout, or name a file");
}

function refuseTimestampFlags({ timestampRoots, timestampOrder, keepUnstamped }: SignFlags): void {
  const [given] = [
    ...(timestampRoots ? ["--timestamp-roots"] : []),
    ...(timestampOrder ? ["--timestamp-order"] : []),
    ...(keepUnstamped ? ["--keep-unstamped"] : []),
  ];
  if (given !== undefined)
    throw usageError(`${given} is for signatures with timestamps: add --timestamp URL`);
}

function eventsOf(
  session: Session,
  policy: string,
  { algorithm }: Signer,
  { format, hash }: SignatureOptions,
): BatchEvents {
  const { output } = session;
  return {
    signed: ({ job: { file, output: path }, bytes, ms }) => {
      const what = { file, output: path, format, policy, algorithm, hash, bytes, ms: Math.round(ms) };
      output.event({ event: "signed", ...what });
      if (!output.json) {
        const [from, to] = [file === STREAM ? "stdin" : file, path === STREAM ? "stdout" : path];
        output.talk(visible(`signed ${from} -> ${to} (${algorithm}, ${hash}, ${duration(ms)})`));
      }
    },
    kept: ({ file, output: path }, bytes) => {
      output.event({ event: "unstamped", file, output: path, bytes });
      if (!output.json) {
        const [from, to] = [file === STREAM ? "stdin" : file, path === STREAM ? "stdout" : path];
        output.talk(visible(`signed ${from} -> ${to}, without a timestamp`));
      }
    },
    failed: ({ file }, error) => {
      if (session.interruption.signal.aborted) {
        output.event({ event: "interrupted", file });
        if (!output.json) output.talk(visible(`not signed: ${file}`));
        return 0;
      }
      return session.report(error, file);
    },
  };
}

function finish(
  session: Session,
  plan: Plan,
  { signed, exitCodes, notTried }: { signed: number; exitCodes: readonly number[]; notTried: number },
): Outcome {
  const files = plan.jobs.length + plan.unreadable.length;
  const failed = files - signed - notTried;
  const interrupted = signed === files ? undefined : session.interruption.exitCode;
  if (!session.output.json && (files > 1 || interrupted !== undefined)) {
    const counts = [`${signed} signed`, `${failed} failed`, `${notTried} not tried`];
    session.output.talk(
      `${interrupted === undefined ? "" : "interrupted: "}${counts.filter((text) => !text.startsWith("0 ")).join(", ")}`,
    );
  }
  return {
    exitCode: interrupted ?? combinedExitCode(exitCodes),
    summary: { signed, failed, notTried, ...(interrupted !== undefined && { interrupted: true }) },
  };
}

/** A raw signature holds none. */
function certificatesOf({ certificates, format }: SignFlags): Promise<Uint8Array[]> {
  if (certificates !== undefined || format === "raw")
    return readCertificateFiles("--certificates", certificates ?? []);
  return readCertificateFiles(CERTIFICATES_VARIABLE, certificatePathsIn(process.env));
}
