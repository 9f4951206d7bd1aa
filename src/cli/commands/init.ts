import type { Command } from "commander";
import { Option } from "commander";
import { collect } from "../arguments.js";
import type { InitFlags } from "../init/flags.js";
import type { Session } from "../shell/session.js";

const AFTER = `
On a terminal it asks for what the flags leave open; elsewhere, and with --yes, it does not
ask. With SIGNPATH_API_TOKEN in the environment it lists the policies to choose from. The
configuration file has the names of SignPath's own crypto providers and holds no token:
that belongs into the environment, in a CI into the platform's store of secrets.

The job signs, verifies and uploads what --files names. It comes on stdout, or with --write
where the platform looks for it. What is there already is replaced with --force only.

Examples:
  signpath init  # asks
  signpath init --organization 00000000-0000-4000-8000-000000000000 --policy my-app/release
  signpath init --ci github --write --timestamp http://tsa.example --force`;

export function registerInit(program: Command, session: Session): void {
  program
    .command("init")
    .summary("write a configuration file, and a job for a CI")
    .description("Writes a configuration file without a secret, and a job that signs in a CI.")
    .option("--organization <uuid>", "id of the organization; default: SIGNPATH_ORGANIZATION_ID")
    .option("--project <slug>", "project of the default signing policy")
    .option("--policy <slug>", "the default signing policy, or project/policy")
    .option("--api-url <url>", "address of the API, if it is not SignPath's own")
    .option("--timestamp <url>", "timestamp authority for the job; may be given more than once", collect)
    .option(
      "--certificates <file>",
      "PEM file with issuers for the job; may be given more than once",
      collect,
    )
    .option("--files <pattern>", "what the job signs", "dist/*")
    .addOption(
      new Option("--ci <platform>", "whose job to make").choices([
        "github",
        "gitlab",
        "azure",
        "jenkins",
        "none",
      ]),
    )
    .option("--config <file>", "configuration file to write", "signpath.json")
    .option("--write", "write the job to its file, in place of stdout")
    .option("--force", "replace files that are there")
    .option("--yes", "ask nothing")
    .option("--json", "one line of JSON per event on stdout, the last one a summary")
    .addHelpText("after", AFTER)
    .action((flags: InitFlags) =>
      session.perform(flags, async () => {
        const { init } = await import("../init/run.js");
        const sign = program.commands.find((command) => command.name() === "sign");
        return init(session, flags, sign?.options.some(({ long }) => long === "--journal") ?? false);
      }),
    );
}
