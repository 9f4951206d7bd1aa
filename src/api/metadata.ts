import os from "node:os";
import { SignPathError } from "../base/errors.js";
import type { Config } from "../config/config.js";
import type { Environment } from "../config/proxy.js";

/** The process that asks for a signature, as both routes describe it. */
export interface SourceProcess {
  readonly commandLine: string;
  readonly user: string;
}

/** The build that asks for a signature. */
export interface BuildFacts {
  readonly url?: string;
  readonly commit?: string;
  readonly job?: string;
}

/** The variables that name the build, the commit and the job, by CI system; no other variable is ever sent. */
const CI_SYSTEMS: readonly {
  readonly when: string;
  readonly url: (env: Environment) => string | undefined;
  readonly commit: string;
  readonly job: string;
}[] = [
  {
    when: "GITHUB_RUN_ID",
    url: (env) =>
      joined(env, ["GITHUB_SERVER_URL"], ["GITHUB_REPOSITORY"], "actions/runs", ["GITHUB_RUN_ID"]),
    commit: "GITHUB_SHA",
    job: "GITHUB_JOB",
  },
  { when: "GITLAB_CI", url: (env) => env["CI_JOB_URL"], commit: "CI_COMMIT_SHA", job: "CI_JOB_NAME" },
  {
    when: "TF_BUILD",
    url: (env) =>
      joined(env, ["SYSTEM_COLLECTIONURI"], ["SYSTEM_TEAMPROJECT"], "_build/results?buildId=", [
        "BUILD_BUILDID",
      ]),
    commit: "BUILD_SOURCEVERSION",
    job: "AGENT_JOBNAME",
  },
  { when: "JENKINS_URL", url: (env) => env["BUILD_URL"], commit: "GIT_COMMIT", job: "JOB_NAME" },
  { when: "CIRCLECI", url: (env) => env["CIRCLE_BUILD_URL"], commit: "CIRCLE_SHA1", job: "CIRCLE_JOB" },
  {
    when: "BUILDKITE",
    url: (env) => env["BUILDKITE_BUILD_URL"],
    commit: "BUILDKITE_COMMIT",
    job: "BUILDKITE_LABEL",
  },
];

/** A link from fixed parts and variables (in brackets); none if a variable is missing. */
function joined(env: Environment, ...parts: readonly (string | readonly [string])[]): string | undefined {
  const values = parts.map((part) => (typeof part === "string" ? part : env[part[0]]));
  if (values.some((value) => !value)) return undefined;
  return values
    .map((value) => value?.replace(/^\/+|\/+$/g, ""))
    .join("/")
    .replace("=/", "=");
}

/** The build that the environment tells of, if any. */
export function buildFacts(env: Environment): BuildFacts | undefined {
  const system = CI_SYSTEMS.find(({ when }) => env[when]);
  if (system === undefined) return undefined;
  const url = system.url(env);
  const commit = env[system.commit];
  const job = env[system.job];
  return {
    ...(url && { url: withoutSecrets(url) }),
    ...(commit && { commit }),
    ...(job && { job }),
  };
}

/** Names whose values are not for others: of options, variables, headers, query parameters. */
const SECRET_NAME =
  /token|secret|passw|passphrase|passcode|pass(?:in|out)?\b|pwd|(?<![a-z])pin(?![a-z])|credential|(?:api|access|private|signing)[-_]?key|(?<![a-z])(?:pat|sig|sas)(?![a-z])|authorization|_auth\b|bearer/i;

/** A name with a value in the same word: `--token=…`, `/p:Token=…`, `?token=…`, `Authorization:…`. */
const ASSIGNMENT = /(?<![\w.$-])([\w.$-]{1,200})([=:])/g;

/** An option whose value, if it has one, is the next word. */
const OPTION = /^(?:--?|\/)[\w.-]+$/;

/** Options whose value is a name with a password: curl's. */
const USER_OPTION = /^(?:-u|--user|--proxy-user)$/;

/** As much of a word as is looked at, and of all words as is sent. */
const LONGEST_WORD = 1000;
const LONGEST_LINE = 4000;

function withoutCredentials(text: string): string {
  return text.replace(/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)[^/\s]*@/gi, "$1***@");
}

/** An address that may be stored: without credentials, and without the values of parameters with a secret's name. */
function withoutSecrets(url: string): string {
  return withoutCredentials(url.slice(0, LONGEST_WORD)).replace(
    /([?&][^=&#]{1,100}=)[^&#]*/g,
    (parameter: string, name: string) => (SECRET_NAME.test(name) ? `${name}***` : parameter),
  );
}

/**
 * A command line that may be stored: the values of options and variables with a secret's name, credentials in
 * addresses and the given secrets are replaced.
 */
export function scrubCommandLine(argv: readonly string[], redact: (text: string) => string): string {
  let hideNext = false;
  const words = argv
    .map((word) => redact(word).slice(0, LONGEST_WORD))
    .map((argument) => {
      if (hideNext) {
        hideNext = /^bearer$/i.test(argument);
        return "***";
      }
      if (!SECRET_NAME.test(argument)) {
        hideNext = USER_OPTION.test(argument);
        return withoutCredentials(argument);
      }
      // A header or a command: where in it the secret ends, nobody can tell.
      if (/\s/.test(argument)) return "***";
      const secret = [...argument.matchAll(ASSIGNMENT)].find(([, name = ""]) => SECRET_NAME.test(name));
      if (secret !== undefined) {
        const end = secret.index + secret[0].length;
        hideNext = end === argument.length;
        return `${withoutCredentials(argument.slice(0, end))}***`;
      }
      hideNext = OPTION.test(argument) || /^bearer$/i.test(argument);
      return withoutCredentials(argument);
    });
  return words.join(" ").slice(0, LONGEST_LINE);
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return "";
  }
}

/** What is sent with a signing request, in the form of either route. */
export interface RequestMetadata {
  /** `Metadata` of a fast or asynchronous signing request. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** `metadata` of `SignHash`. */
  readonly signHash: Readonly<Record<string, unknown>>;
}

/** Gives the metadata of each request: made once, unless a function is to be asked. */
export function metadataSource({ metadata, token }: Config): {
  constant: boolean;
  next: () => RequestMetadata | undefined;
} {
  if (metadata === false) return { constant: true, next: () => undefined };
  let facts: RequestMetadata | undefined;
  const own = (): RequestMetadata => {
    facts ??= processFacts((text) => token.redact(text));
    return facts;
  };
  if (typeof metadata !== "function") return { constant: true, next: () => merge(own(), metadata) };
  return { constant: false, next: () => merge(own(), callersMetadata(metadata)) };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function callersMetadata(metadata: () => unknown): Readonly<Record<string, unknown>> {
  try {
    const value = metadata() ?? {};
    if (isThenable(value)) {
      // Its failure, if it fails, is not to end the process.
      void Promise.resolve(value).catch(() => undefined);
      throw new TypeError("a promise cannot be waited for");
    }
    const copy: unknown = JSON.parse(JSON.stringify(value));
    if (typeof copy === "object" && copy !== null && !Array.isArray(copy))
      return copy as Record<string, unknown>;
  } catch (error) {
    throw new SignPathError("CONFIG_INVALID", "The metadata function failed or gave what JSON cannot hold", {
      stage: "sign",
      cause: error,
    });
  }
  throw new SignPathError("CONFIG_INVALID", "The metadata function must give an object", { stage: "sign" });
}

function merge(own: RequestMetadata, callers: Readonly<Record<string, unknown>>): RequestMetadata {
  return { payload: { ...own.payload, ...callers }, signHash: { ...own.signHash, ...callers } };
}

function processFacts(redact: (text: string) => string): RequestMetadata {
  const commandLine = scrubCommandLine(process.argv, redact);
  const user = userName();
  const build = buildFacts(process.env);
  const operatingSystem = { type: os.type(), version: os.release(), architecture: os.arch() };
  return {
    payload: {
      CreatingProcess: { CommandLine: commandLine, User: user },
      ...(build !== undefined && { Build: { Url: build.url, Commit: build.commit, Job: build.job } }),
    },
    signHash: {
      sourceProcess: { commandLine, user, operatingSystem },
      ...(build !== undefined && { build }),
    },
  };
}
