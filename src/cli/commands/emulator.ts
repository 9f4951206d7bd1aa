import { resolve } from "node:path";
import type { Command } from "commander";
import type { Emulator } from "../../emulator/index.js";
import { collect, wholeNumber } from "../arguments.js";
import { openDestination } from "../atomic-file.js";
import { CliError, isSystemError, reasonOf, usageError } from "../cli-error.js";
import { FAULT_HELP, readFaults } from "../fault-option.js";
import { visible } from "../output.js";
import type { Outcome, OutputFlags, Session } from "../session.js";

interface EmulatorFlags extends OutputFlags {
  readonly port: number;
  readonly state?: string;
  readonly organization?: string;
  readonly writeCa?: string;
  readonly untilStdinCloses?: boolean;
  readonly tls?: boolean;
  readonly rateLimit?: number;
  readonly fault?: readonly string[];
  readonly seed?: number;
}

const AFTER = `${FAULT_HELP}

It can be reached from this machine only, and its keys protect nothing. Without --state
everything is gone when it ends.

Examples:
  signpath emulator  # then copy the lines that it prints into another shell
  signpath emulator --port 8080 --state .emulator --write-ca ca.pem
  signpath emulator --rate-limit 20 --fault status=503,retryAfter=1,probability=0.2,count=inf
  signpath sign README.md --policy demo/rsa-2048 --certificates ca.pem
    openssl cms -verify -binary -inform DER -in README.md.p7s -content README.md \\
      -CAfile ca.pem -out verified.md`;

export function registerEmulator(program: Command, session: Session): void {
  program
    .command("emulator")
    .summary("run an emulator of SignPath's API on this machine")
    .description("Runs an emulator of SignPath's API, with keys of its own, until Ctrl-C.")
    .option("--port <n>", "port to listen on; 0: a free one", wholeNumber(0, 65_535), 0)
    .option("--state <dir>", "directory to keep its keys, certificates and token in")
    .option("--organization <uuid>", "id of its organization")
    .option("--write-ca <file>", "write the certificates of its authority to a PEM file")
    .option("--tls", "listen with TLS, with a certificate of its authority")
    .option("--rate-limit <n>", "take no more than n requests a second", wholeNumber(1, 1_000_000))
    .option("--fault <spec>", "something that goes wrong, see below; can be given more than once", collect)
    .option("--seed <n>", "make faults with a probability repeatable", wholeNumber(0, 2 ** 32 - 1))
    .option("--until-stdin-closes", "end when stdin does, and so together with a program that started it")
    .option("--json", "say what it has to say in one line of JSON, on stdout")
    .addHelpText("after", AFTER)
    .action((flags: EmulatorFlags) => session.perform(flags, () => emulator(session, flags)));
}

async function emulator(session: Session, flags: EmulatorFlags): Promise<Outcome> {
  const running = await start(flags);
  const { output } = session;
  try {
    if (flags.writeCa !== undefined) await writeAuthority(running, flags.writeCa);
    const environment = environmentFor(running, flags);
    output.event(listening(running, environment));
    if (!output.json) introduce(session, running, environment, flags);
    await ended(session.interruption.signal, flags.untilStdinCloses ?? false);
  } finally {
    await running.close();
  }
  return { exitCode: 0, summary: { signingRequests: running.signingRequests.length } };
}

async function start(flags: EmulatorFlags): Promise<Emulator> {
  const { port, state, organization, tls = false, rateLimit, seed } = flags;
  const faults = await readFaults(flags.fault ?? []);
  const { startEmulator } = await import("../../emulator/index.js");
  try {
    return await startEmulator({
      port,
      ...(state !== undefined && { state }),
      ...(organization !== undefined && { organizationId: organization }),
      tls,
      faults,
      ...(rateLimit !== undefined && { rateLimit: { requestsPerSecond: rateLimit } }),
      ...(seed !== undefined && { seed }),
    });
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`the emulator cannot start: ${error.message}`);
    if (!isSystemError(error)) throw error;
    if (error.syscall === "listen") {
      const reason = error.code === "EADDRINUSE" ? "it is in use" : reasonOf(error);
      throw usageError(
        `the emulator cannot listen on port ${port}: ${reason}`,
        "Without --port it takes a free one.",
      );
    }
    throw new CliError(
      "OUTPUT_UNWRITABLE",
      `${visible(state ?? "")} cannot keep its state: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function writeAuthority(running: Emulator, path: string): Promise<void> {
  const destination = await openDestination(path);
  await destination.commit(Buffer.from(running.rootCertificate + running.intermediateCertificate));
}

/** A client of a TLS emulator has to be told whom to trust, for which there must be a file. */
function environmentFor(
  { environment }: Emulator,
  { tls = false, writeCa }: EmulatorFlags,
): Readonly<Record<string, string>> {
  if (!tls || writeCa === undefined) return environment;
  return { ...environment, SIGNPATH_TLS_CA_CERTIFICATES: resolve(writeCa) };
}

function listening(
  running: Emulator,
  environment: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const { apiUrl, timestampUrl, organizationId, policies, rootCertificate, intermediateCertificate } =
    running;
  const certificates = { rootCertificate, intermediateCertificate };
  const facts = { apiUrl, timestampUrl, organizationId, environment, policies, ...certificates };
  return { event: "listening", ...facts };
}

/** On stdout what a shell can read, on stderr what a person should know. */
function introduce(
  { output }: Session,
  running: Emulator,
  environment: Readonly<Record<string, string>>,
  { tls = false, writeCa }: EmulatorFlags,
): void {
  const variables = Object.entries(environment);
  output.talk(
    `An emulator of SignPath listens on ${running.origin} until Ctrl-C. Its keys protect nothing.`,
    "",
    "To use it, copy these lines into another shell:",
    "",
  );
  output.data(
    variables.map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`).join(""),
  );
  const powerShell = variables
    .map(([name, value]) => `$env:${name}='${value.replaceAll("'", "''")}'`)
    .join("; ");
  output.data(`# PowerShell: ${powerShell}\n`);
  output.talk("", "Signing policies:", ...running.policies.map(policyLine), "");
  output.talk(`Timestamp authority: ${running.timestampUrl}`);
  const authority = writeCa === undefined ? `${running.origin}/ca.pem` : visible(writeCa);
  output.talk(`Certificates of its authority, for whoever verifies: ${authority}`);
  if (tls && writeCa === undefined) {
    output.talk(
      "Clients have to trust its authority: --write-ca ca.pem makes it a file, and prints the variable.",
    );
  }
}

function policyLine(policy: Emulator["policies"][number]): string {
  const { keyType, keySizeInBits, namedCurve, certificateType, approval, submitter } = policy;
  const remarks = [
    keyType === "Rsa" ? `RSA ${keySizeInBits}` : `EC ${namedCurve}`,
    ...(certificateType === "X509" ? [] : ["without an X.509 certificate"]),
    ...(approval ? ["each signature needs an approval"] : []),
    ...(submitter ? [] : ["not for this token: not listed, and forbidden"]),
  ];
  return `  ${`${policy.projectSlug}/${policy.signingPolicySlug}`.padEnd(16)} ${remarks.join(", ")}`;
}

function ended(signal: AbortSignal, withStdin: boolean): Promise<void> {
  return new Promise((done) => {
    const end = (): void => done();
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    if (withStdin) process.stdin.on("end", end).on("close", end).on("error", end).resume();
  });
}
