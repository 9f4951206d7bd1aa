import type { Command } from "commander";
import { collect, wholeNumber } from "../arguments.js";
import { addClientOptions } from "../client.js";
import type { DoctorFlags } from "../doctor/open.js";
import type { Session } from "../shell/session.js";

const AFTER = `
Looks at the settings and where each comes from (secrets only as "set"), Node.js, the toolkits
that are installed, the files for TLS, DNS, the proxy, the connection, TLS, the service, this
machine's clock, the API token, the organization, the signing policies, their certificates,
keys and issuers, and each timestamp authority, which is asked for a timestamp.
Each finding is ok, a warning, an error, or skipped because of another one. No signature is
spent, and nothing is written.

Exit code: 0 without an error, with or without warnings; otherwise that of the first error,
which is the one to mend first: 1 for settings and policies, 2 for the token, 4 for the
network and the service, 5 where no authority gives a timestamp.

Examples:
  signpath doctor
  signpath doctor demo/rsa-2048 --json
  signpath doctor --timeout 5`;

export function registerDoctor(program: Command, session: Session): void {
  const command = program
    .command("doctor")
    .argument("[policy...]", "project/policy to look into; default: the configured one, or all")
    .summary("find out what is wrong, without a signature")
    .description("Finds out what is wrong before a signature is spent, and says what to do about it.")
    .option(
      "--certificates <file>",
      "PEM or DER file with issuers, may be given more than once; default: those of SIGNPATH_CERTIFICATES",
      collect,
    )
    .option("--aia", "ask the addresses in the certificates for issuers that are missing")
    .option(
      "--timestamp <url>",
      "timestamp authority to try, may be given more than once; default: those of SIGNPATH_TIMESTAMP_URLS",
      collect,
    )
    .option(
      "--timestamp-roots <file>",
      "PEM or DER file with the roots that timestamps must lead to; may be given more than once",
      collect,
    )
    .option("--timeout <seconds>", "time limit of each step", wholeNumber(1, 600), 10);
  addClientOptions(command)
    .addHelpText("after", AFTER)
    .action((policies: string[], flags: DoctorFlags) =>
      session.perform(flags, async () => {
        const { examine } = await import("../doctor/examine.js");
        return examine(session, policies, flags);
      }),
    );
}
