import type { Command } from "commander";
import { Option } from "commander";

const OUTPUT = "Settings and output:";

/** Under which heading an option stands, by command; what is not here stands under "Options:". */
const GROUPS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  sign: {
    "CMS signatures:": [
      "--certificates",
      "--attached",
      "--encoding",
      "--profile",
      "--signer-id",
      "--include-root",
      "--aia",
      "--incomplete-chain",
    ],
    "Timestamps:": ["--timestamp", "--timestamp-roots", "--timestamp-order", "--keep-unstamped"],
    "Files and batches:": [
      "--recursive",
      "--exclude",
      "--files-from",
      "--null",
      "--in-place",
      "--out",
      "--jobs",
      "--journal",
      "--resume",
    ],
  },
  init: {
    "What is configured:": ["--organization", "--project", "--policy", "--api-url", "--config"],
    "The job:": ["--ci", "--write", "--files", "--timestamp", "--certificates"],
  },
  verify: {
    "What is trusted:": ["--root", "--timestamp-root", "--certificates", "--crl"],
    "What is asked for:": [
      "--at",
      "--purpose",
      "--require-timestamp",
      "--require-revocation",
      "--any-signer",
      "--allow-weak-digests",
    ],
  },
};

/** The same for every command that talks to SignPath. */
const GENERAL: ReadonlySet<string> = new Set([
  "--config",
  "--json",
  "--verbose",
  "--quiet",
  "--no-progress",
  "--no-color",
]);

/** Puts the options of a command with many of them under headings. */
export function groupOptions(command: Command): void {
  const groups = GROUPS[command.name()];
  if (groups === undefined) return;
  for (const option of command.options) {
    const long = option.long ?? "";
    const heading = Object.keys(groups).find((name) => groups[name]?.includes(long));
    if (heading !== undefined) option.helpGroup(heading);
    else if (GENERAL.has(long)) option.helpGroup(OUTPUT);
  }
  command.addHelpOption(new Option("-h, --help", "show this help").helpGroup(OUTPUT));
}
