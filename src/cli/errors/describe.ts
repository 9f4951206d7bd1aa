import type { SignPathError } from "../../base/errors.js";
import { isSignPathError, messageOf } from "../../base/errors.js";
import { visible } from "../shell/output.js";
import { adviceFor } from "./advice.js";
import { CliError } from "./cli-error.js";
import { exitCodeOf } from "./exit-codes.js";

/** A failure as it is shown. */
export interface Description {
  readonly code: string;
  readonly exitCode: number;
  /** What, where and what the server said, and what to do: two parts of {@link lines}. */
  readonly said: string;
  readonly advice: string | undefined;
  /** What, where and what the server said; what to do; the code and the ids that support asks for. */
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * Describes anything that was thrown, without a secret.
 *
 * @param file - what was being signed
 */
export function describe(error: unknown, file?: string): Description {
  const known = knownError(error);
  if (known === undefined) return unexpected(error, file);
  const isCli = known instanceof CliError;
  const [said, own] = isCli
    ? [known.message, known.hint]
    : split(about(file, known.code) + inCommandLineTerms(known.message));
  const advice = own ?? adviceFor(known);
  const ids = isCli ? [] : idsOf(known);
  const tail = [...(advice === undefined ? [] : [advice]), [known.code, ...ids].join(", ")];
  const lines = [...said.split("\n"), ...tail.map((line) => `  ${line}`), ...stack(error)];
  const json = isCli
    ? { name: known.name, code: known.code, message: known.message, hint: known.hint }
    : known.toJSON();
  return {
    code: known.code,
    exitCode: exitCodeOf(known.code),
    said: shown(said),
    advice: advice && shown(advice),
    lines: lines.map(shown),
    json: clean(json),
  };
}

/** What `subtle` throws has the error of this package as its cause. */
function knownError(error: unknown): SignPathError | CliError | undefined {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    if (current instanceof CliError || isSignPathError(current)) return current;
    current = current.cause;
  }
  return undefined;
}

/** Errors of the command line name their file themselves. */
function about(file: string | undefined, code?: string): string {
  const what = code === "TIMESTAMP_FAILED" ? "has no timestamp" : "was not signed";
  return file === undefined ? "" : `${visible(file)} ${what}: `;
}

function unexpected(error: unknown, file: string | undefined): Description {
  const message = messageOf(error);
  const hint = "This is a defect of signpath-webcrypto. SIGNPATH_DEBUG=1 shows where it happened.";
  const lines = [about(file) + message, `  ${hint}`, "  UNEXPECTED", ...stack(error)].map(shown);
  return {
    code: "UNEXPECTED",
    exitCode: exitCodeOf("UNEXPECTED"),
    said: shown(message),
    advice: hint,
    lines,
    json: clean({ code: "UNEXPECTED", message }),
  };
}

/** A message of the API ends in what was sent, in brackets with the time that it took, and what to do next. */
function split(message: string): [string, string | undefined] {
  const [, said, advice] = /^(.* ms\)) ([^()].*)$/s.exec(message) ?? [];
  return said === undefined ? [message, undefined] : [said, advice];
}

/** The library speaks of options of its own, which are not the command's. */
function inCommandLineTerms(message: string): string {
  return message
    .replace(/^There is no timestamp: /, "")
    .replace(/\bset option \w+(?:,| or) /g, "set ")
    .replace('needs route "asynchronous"', "needs SIGNPATH_ROUTE=asynchronous")
    .replace(/ or raise requestTimeoutMs\b/, " or raise SIGNPATH_HTTP_REQUEST_TIMEOUT_IN_SECONDS")
    .replace(/: give the certificates up to the root in the option certificates$/, "")
    .replace(
      /: npm install ([^;]+)$/,
      ": npm install $1, where signpath itself is (with --global if that is)",
    )
    .replace("Lower maxConcurrency", "Lower --jobs")
    .replaceAll(
      "(option tls.ca, NODE_EXTRA_CA_CERTS)",
      "(SIGNPATH_TLS_CA_CERTIFICATES, NODE_EXTRA_CA_CERTS)",
    );
}

function idsOf({ signingRequestId, traceId }: SignPathError): string[] {
  return [
    ...(signingRequestId === undefined ? [] : [`signing request ${signingRequestId}`]),
    ...(traceId === undefined ? [] : [`trace id ${traceId}`]),
  ];
}

/** With `SIGNPATH_DEBUG`, where it was thrown and what was behind it. */
function stack(error: unknown): string[] {
  if (!process.env["SIGNPATH_DEBUG"]) return [];
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 8 && current !== undefined; depth++) {
    const text = current instanceof Error ? (current.stack ?? messageOf(current)) : messageOf(current);
    lines.push(
      ...text.split("\n").map((line, index) => (index === 0 && depth > 0 ? `caused by ${line}` : line)),
    );
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines.map((line) => `  ${line}`);
}

/** No error of this package holds the token; should a part of it ever do, it stops here. */
function redact(text: string): string {
  const token = process.env["SIGNPATH_API_TOKEN"]?.trim() ?? "";
  return token.length < 8 ? text : text.replaceAll(token, "***");
}

/** A line for a person, without the token and without what a terminal could take for an order. */
export function shown(line: string): string {
  return visible(redact(line));
}

function clean(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const text = JSON.stringify(json, (_name, value: unknown) =>
    typeof value === "string" ? redact(value) : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}
