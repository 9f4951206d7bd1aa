import { parseArgs } from "node:util";
import { messageOf } from "../../../base/errors.js";
import { usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";

/** What git, or somebody at a terminal, asks for. */
export type GitCall = SignCall | VerifyCall | { readonly command: "help" | "version" };

/** Where status lines go: git reads those about signing on stderr and those about verifying on stdout. */
export type StatusFd = 1 | 2 | undefined;

export interface SignCall {
  readonly command: "sign";
  /** `project/policy`, git's user.signingkey. */
  readonly key: string;
  readonly statusFd: StatusFd;
}

export interface VerifyCall {
  readonly command: "verify";
  /** The path of the signature. */
  readonly signature: string;
  /** The path of what was signed, or `-` for stdin. */
  readonly content: string;
  readonly statusFd: StatusFd;
}

const OPTIONS = {
  "status-fd": { type: "string" },
  "detach-sign": { type: "boolean", short: "b" },
  sign: { type: "boolean", short: "s" },
  armor: { type: "boolean", short: "a" },
  "local-user": { type: "string", short: "u" },
  verify: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  // Other programs around git list keys with these.
  "list-keys": { type: "boolean", short: "k" },
  "list-secret-keys": { type: "boolean", short: "K" },
  // They are of gpg and gpgsm, and change nothing here.
  "with-colons": { type: "boolean" },
  "keyid-format": { type: "string" },
  batch: { type: "boolean" },
  "no-tty": { type: "boolean" },
  yes: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  verbose: { type: "boolean", short: "v" },
} as const;

const HINT = "git runs signpath-git, see signpath-git --help.";

/**
 * Reads the arguments that git calls gpgsm with: `--status-fd=2 -bsau KEY`, `--status-fd=1 --verify FILE -`.
 *
 * @throws {CliError} `USAGE`
 */
export function readArguments(args: readonly string[]): GitCall {
  const { values, positionals } = parse(args);
  if (values.help) return { command: "help" };
  if (values.version) return { command: "version" };
  if (values["list-keys"] || values["list-secret-keys"])
    throw usageError(
      "there is no list of keys here: they are in SignPath",
      "signpath policies lists the signing policies; the name of one is git's user.signingkey.",
    );
  const statusFd = fileDescriptor(values["status-fd"]);
  if (values.verify) return verifyCall(positionals, statusFd);
  if (!values.sign && !values["detach-sign"]) throw usageError("there is nothing to do", HINT);
  if (!values["detach-sign"] || !values.armor)
    throw usageError("signatures are detached and in PEM, as git has them: use -bsau", HINT);
  if (positionals.length > 0) throw usageError("what is to be signed is read from stdin alone", HINT);
  return { command: "sign", key: policyOf(values["local-user"]), statusFd };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // The rest of Node's message is about positional arguments.
    throw usageError(visible(messageOf(error).split(". ", 1)[0] ?? ""), HINT);
  }
}

function verifyCall(positionals: readonly string[], statusFd: StatusFd): VerifyCall {
  const [signature, content, ...more] = positionals;
  if (signature === undefined || content === undefined || more.length > 0)
    throw usageError("--verify needs the file of a signature and that of its content, or - for stdin", HINT);
  if (signature === "-") throw usageError("the signature must be in a file", HINT);
  return { command: "verify", signature, content, statusFd };
}

/** Without user.signingkey, git gives the committer: `Name <address>`. */
function policyOf(key: string | undefined): string {
  if (key !== undefined && !/<.*>$/.test(key)) return key;
  throw usageError("no signing policy is named", "Set it with: git config user.signingkey project/policy");
}

function fileDescriptor(text: string | undefined): StatusFd {
  if (text === undefined) return undefined;
  if (text === "1") return 1;
  if (text === "2") return 2;
  throw usageError("--status-fd must be 1 or 2, as git has it", HINT);
}
