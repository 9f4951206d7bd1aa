import { Command, CommanderError } from "commander";
import { VERSION } from "../base/version.js";
import { registerCertificate } from "./commands/certificate.js";
import { registerCompletion } from "./commands/completion.js";
import { registerCsr } from "./commands/csr.js";
import { registerDemo } from "./commands/demo.js";
import { registerDoctor } from "./commands/doctor.js";
import { registerEmulator } from "./commands/emulator.js";
import { registerInit } from "./commands/init.js";
import { registerPolicies } from "./commands/policies.js";
import { registerSign } from "./commands/sign.js";
import { registerVerify } from "./commands/verify.js";
import { suggestChoices } from "./help/choices.js";
import { groupOptions } from "./help/groups.js";
import { mistakeText } from "./help/mistake.js";
import { wrapped } from "./help/wrapped.js";
import type { Session } from "./shell/session.js";

const DESCRIPTION = "Signs files with a key that stays in SignPath. Only a hash leaves this machine.";

const AFTER = `
Settings, in the environment or in a JSON file that SIGNPATH_CONFIG_FILE or --config names:
  SIGNPATH_ORGANIZATION_ID      id of the organization, a UUID
  SIGNPATH_API_TOKEN            API token of a submitter; no option, where others could read it
  SIGNPATH_PROJECT_SLUG         project of the default signing policy
  SIGNPATH_SIGNING_POLICY_SLUG  the default signing policy
  SIGNPATH_API_URL              address of the API, if it is not https://app.signpath.io/Api

Exit codes:
  0  all signed                    3  some failed: files that could not be read or written,
  1  usage or configuration           or failures of several kinds
  2  authentication or permission  4  service or network
  130  ended by Ctrl-C             5  timestamp
  143  ended by SIGTERM            6  verification

Examples:
  signpath demo                                    # see it work, without an account
  signpath doctor                                  # what is wrong, before a signature is spent?
  signpath policies                                # what may I sign with?
  signpath init                                    # settings, and a job for your CI
  signpath sign setup.msi --policy my-app/release  # makes setup.msi.p7s
  signpath sign dist/*.js --json                   # with the default policy, for programs
  signpath verify setup.msi --root root.pem        # checks setup.msi.p7s
  signpath csr my-app/release                      # a certification request for its key
  signpath sign --help                             # more about signing`;

const REGISTER = [
  registerSign,
  registerVerify,
  registerPolicies,
  registerCertificate,
  registerCsr,
  registerInit,
  registerCompletion,
  registerDoctor,
  registerDemo,
  registerEmulator,
];

/** The whole command line: help, completion and the manual page are made from it. */
export function makeProgram(session: Session): Command {
  const { output } = session;
  const program = new Command("signpath");
  const writeHelp = (text: string): string =>
    process.stdout.isTTY ? wrapped(text, process.stdout.columns) : text;
  program
    .description(DESCRIPTION)
    .version(VERSION, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", AFTER)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.data(writeHelp(text)),
      writeErr: (text) => output.talk(text.trimEnd()),
      outputError: (text, write) => write(mistakeText(text)),
    });
  for (const register of REGISTER) register(program, session);
  for (const command of program.commands) {
    suggestChoices(command);
    groupOptions(command);
  }
  return program;
}

/** Runs the command that the arguments name; the session knows how it ended. */
export async function runProgram(args: readonly string[], session: Session): Promise<void> {
  const { output } = session;
  const program = makeProgram(session);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // It has said what is wrong, or shown the help.
    output.json = args.includes("--json") && error.exitCode !== 0;
    const message = mistakeText(error.message.replace(/^error: /, ""));
    output.event({ event: "failed", error: { name: "CliError", code: "USAGE", message } });
    session.end(error.exitCode);
  }
}
