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
    "Some formats alone:": [
      "--ecdsa-format",
      "--description",
      "--url",
      "--nested",
      "--page-hashes",
      "--reason",
      "--location",
      "--signature-name",
    ],
    "Timestamps:": ["--timestamp", "--timestamp-roots", "--timestamp-order", "--keep-unstamped"],
    "Files and batches:": [
      "--recursive",
      "--exclude",
      "--files-from",
      "--null",
      "--in-place",
      "--out",
      "--base-dir",
      "--jobs",
      "--journal",
      "--resume",
    ],
  },
  init: {
    "What is configured:": ["--organization", "--project", "--policy", "--api-url", "--config"],
    "The job:": ["--ci", "--write", "--files", "--timestamp", "--certificates"],
  },
  emulator: {
    "Accounts and approvals:": [
      "--organization",
      "--accounts",
      "--as",
      "--approvals-needed",
      "--approval-expiry",
    ],
    "What goes wrong:": ["--rate-limit", "--fault", "--seed"],
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

/** Puts options under headings: those that every command has, and of some commands the others, too. */
export function groupOptions(command: Command): void {
  const groups = GROUPS[command.name()] ?? {};
  const general = command.options.filter(({ long }) => long !== undefined && GENERAL.has(long));
  for (const option of command.options) {
    const heading = Object.keys(groups).find((name) => groups[name]?.includes(option.long ?? ""));
    if (heading !== undefined) option.helpGroup(heading);
    else if (general.length > 1 && general.includes(option)) option.helpGroup(OUTPUT);
  }
  if (general.length > 1) command.addHelpOption(new Option("-h, --help", "show this help").helpGroup(OUTPUT));
}
