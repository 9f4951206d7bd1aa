import { resolve } from "node:path";
import type { Command } from "commander";
import type { Emulator } from "../../emulator/index.js";
import { collect, wholeNumber } from "../arguments.js";
import { readAccounts } from "../emulator/accounts-option.js";
import { EMULATOR_HELP } from "../emulator/emulator-help.js";
import { readFaults } from "../emulator/fault-option.js";
import { CliError, isSystemError, reasonOf, usageError } from "../errors/cli-error.js";
import { openDestination } from "../shell/atomic-file.js";
import { visible } from "../shell/output.js";
import type { Outcome, OutputFlags, Session } from "../shell/session.js";
import { policyLine, stateLines, userLines } from "../view/emulator-lines.js";

interface EmulatorFlags extends OutputFlags {
  readonly port: number;
  readonly state?: string;
  readonly organization?: string;
  readonly accounts?: string;
  readonly as?: string;
  readonly approvalsNeeded: number;
  readonly approvalExpiry?: number;
  readonly writeCa?: string;
  readonly untilStdinCloses?: boolean;
  readonly tls?: boolean;
  readonly rateLimit?: number;
  readonly fault?: readonly string[];
  readonly seed?: number;
  readonly open?: boolean;
}

export function registerEmulator(program: Command, session: Session): void {
  program
    .command("emulator")
    .summary("run an emulator of SignPath's API on this machine")
    .description("Runs an emulator of SignPath's API, with keys of its own, until Ctrl-C.")
    .option("--port <n>", "port to listen on; 0: a free one", wholeNumber(0, 65_535), 0)
    .option("--state <dir>", "directory to keep its keys, accounts and audit log in")
    .option("--organization <uuid>", "id of its organization")
    .option("--accounts <file>", "JSON file with organizations and users, see below")
    .option("--as <user>", "whose variables it prints; default: the first user's")
    .option("--approvals-needed <n>", "users who must approve what needs an approval", wholeNumber(1, 10), 1)
    .option("--approval-expiry <s>", "seconds that an approval is waited for", wholeNumber(1, 31_536_000))
    .option("--write-ca <file>", "write the certificates of its authority to a PEM file")
    .option("--tls", "listen with TLS, with a certificate of its authority")
    .option("--rate-limit <n>", "take no more than n requests a second", wholeNumber(1, 1_000_000))
    .option("--fault <spec>", "something that goes wrong, see below; can be given more than once", collect)
    .option("--seed <n>", "make faults with a probability repeatable", wholeNumber(0, 2 ** 32 - 1))
    .option("--open", "show its page in the browser")
    .option("--until-stdin-closes", "end when stdin does, and so together with a program that started it")
    .option("--json", "say what it has to say in one line of JSON, on stdout")
    .addHelpText("after", EMULATOR_HELP)
    .action((flags: EmulatorFlags) => session.perform(flags, () => emulator(session, flags)));
}

async function emulator(session: Session, flags: EmulatorFlags): Promise<Outcome> {
  const startedAt = new Date();
  const running = await start(flags);
  const { output } = session;
  let made = 0;
  try {
    if (flags.writeCa !== undefined) await writeAuthority(running, flags.writeCa);
    const environment = environmentFor(running, flags);
    output.event(listening(running, environment));
    if (!output.json) introduce(session, running, environment, flags);
    if (flags.open === true) await showPage(session, running);
    await ended(session.interruption.signal, flags.untilStdinCloses ?? false);
    made = running.signingRequests.filter(({ submittedAt }) => submittedAt >= startedAt).length;
  } finally {
    await running.close();
  }
  return { exitCode: 0, summary: { signingRequests: made } };
}

async function start(flags: EmulatorFlags): Promise<Emulator> {
  const { port, state, organization, tls = false, rateLimit, seed, approvalsNeeded, approvalExpiry } = flags;
  const organizations = flags.accounts === undefined ? undefined : await readAccounts(flags.accounts);
  const faults = await readFaults(flags.fault ?? []);
  const { startEmulator } = await import("../../emulator/index.js");
  try {
    return await startEmulator({
      port,
      ...(state !== undefined && { state }),
      ...(organization !== undefined && { organizationId: organization }),
      ...(organizations !== undefined && { organizations }),
      approvalsNeeded,
      ...(approvalExpiry !== undefined && { approvalExpiryMs: approvalExpiry * 1000 }),
      tls,
      faults,
      ...(rateLimit !== undefined && { rateLimit: { requestsPerSecond: rateLimit } }),
      ...(seed !== undefined && { seed }),
    });
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`the emulator cannot start: ${visible(error.message)}`);
    if (error instanceof Error && error.name === "UnusableState") {
      throw new CliError("OUTPUT_UNWRITABLE", visible(error.message), { cause: error });
    }
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

async function showPage({ output }: Session, { origin }: Emulator): Promise<void> {
  const { openBrowser } = await import("../emulator/open-browser.js");
  const problem = await openBrowser(origin);
  if (problem !== undefined)
    output.talk(`The browser was not opened: ${visible(problem)}. The page is ${origin}`);
}

/** A client of a TLS emulator has to be told whom to trust, for which there must be a file. */
function environmentFor(
  running: Emulator,
  { as, tls = false, writeCa }: EmulatorFlags,
): Readonly<Record<string, string>> {
  const environment = as === undefined ? running.environment : environmentOf(running, as);
  if (!tls || writeCa === undefined) return environment;
  return { ...environment, SIGNPATH_TLS_CA_CERTIFICATES: resolve(writeCa) };
}

function environmentOf(running: Emulator, user: string): Readonly<Record<string, string>> {
  const { tokens } = running;
  if (tokens.has(user)) return running.environmentOf(user);
  throw usageError(
    `--as ${visible(user)}: there is no such user`,
    `There are: ${[...tokens.keys()].join(", ")}.`,
  );
}

function listening(
  running: Emulator,
  environment: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const {
    origin,
    apiUrl,
    timestampUrl,
    organizationId,
    policies,
    rootCertificate,
    intermediateCertificate,
    state,
  } = running;
  const certificates = { rootCertificate, intermediateCertificate };
  const users = running.organizations.flatMap((organization) =>
    organization.users.map(({ name }) => ({
      name,
      organization: organization.name,
      environment: running.environmentOf(name),
    })),
  );
  const facts = {
    origin,
    apiUrl,
    timestampUrl,
    organizationId,
    environment,
    users,
    policies,
    state,
    ...certificates,
  };
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
    `${running.origin} shows in a browser what happens here.`,
    "",
    "An emulator of SignPath listens there until Ctrl-C. Its keys protect nothing.",
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
  if (running.state !== undefined) output.talk("", ...stateLines(running.state));
  if (running.tokens.size > 1)
    output.talk("", "Users, of whom --as NAME gives the variables:", ...userLines(running));
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

function ended(signal: AbortSignal, withStdin: boolean): Promise<void> {
  return new Promise((done) => {
    const end = (): void => done();
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    if (withStdin) process.stdin.on("end", end).on("close", end).on("error", end).resume();
  });
}
