import { text, Unreadable } from "../../config/readers.js";
import { usageError } from "../errors/cli-error.js";
import type { OutputFlags } from "../shell/session.js";
import type { Platform } from "./answers.js";
import type { Check } from "./checks.js";
import { checks } from "./checks.js";

/** What the command line of `signpath init` can say. */
export interface InitFlags extends OutputFlags {
  readonly organization?: string;
  readonly project?: string;
  readonly policy?: string;
  readonly apiUrl?: string;
  readonly timestamp?: readonly string[];
  readonly certificates?: readonly string[];
  readonly files: string;
  readonly config: string;
  readonly ci?: Platform | "none";
  readonly write?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** The flags, checked. */
export interface CheckedFlags {
  readonly organizationId: string | undefined;
  readonly projectSlug: string | undefined;
  readonly signingPolicySlug: string | undefined;
  readonly apiUrl: string | undefined;
  readonly timestamps: readonly string[];
  readonly certificates: readonly string[];
  readonly files: string;
  readonly configFile: string;
}

/** @throws {CliError} `USAGE`, naming the flag, in words that do not repeat a token */
export function checkFlags(flags: InitFlags, token: string | undefined): CheckedFlags {
  const check = checks(token);
  const [projectSlug, signingPolicySlug] = slugsOf(flags, check.slug);
  return {
    organizationId: optional("--organization", check.organization, flags.organization),
    projectSlug,
    signingPolicySlug,
    apiUrl: optional("--api-url", check.apiUrl, flags.apiUrl),
    timestamps: (flags.timestamp ?? []).map((url) => read("--timestamp", check.timestamp, url)),
    certificates: (flags.certificates ?? []).map((path) => read("--certificates", check.path, path)),
    files: read("--files", check.pattern, flags.files),
    configFile: read("--config", check.path, flags.config),
  };
}

/** `--policy` may name the project as well, as in other commands. */
function slugsOf({ project, policy }: InitFlags, slug: Check): [string | undefined, string | undefined] {
  const parts = policy === undefined ? [] : read("--policy", text, policy).split("/");
  if (parts.length > 2) throw usageError("--policy must be a policy, or project/policy");
  const [inPolicy] = parts.length === 2 ? parts : [];
  if (inPolicy !== undefined && project !== undefined && inPolicy !== project)
    throw usageError("--project and --policy name different projects");
  const projectSlug = optional("--project", slug, project ?? inPolicy);
  const signingPolicySlug = optional("--policy", slug, parts.at(-1));
  if (signingPolicySlug !== undefined && projectSlug === undefined)
    throw usageError("--policy without --project: name both, or give --policy project/policy");
  return [projectSlug, signingPolicySlug];
}

function optional(flag: string, check: Check, value: string | undefined): string | undefined {
  return value === undefined ? undefined : read(flag, check, value);
}

function read(flag: string, check: Check, value: string): string {
  try {
    return check(value);
  } catch (error) {
    throw error instanceof Unreadable ? usageError(`${flag} ${error.message}`) : error;
  }
}
