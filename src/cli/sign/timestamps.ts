import { isSignPathError } from "../../base/errors.js";
import type { SignPath } from "../../signpath.js";
import { usageError } from "../cli-error.js";

/** Who is asked for timestamps of signatures. */
export interface Timestamps {
  readonly urls: readonly string[];
  /** Certificates that timestamps must lead to; none: trust is not asked for. */
  readonly roots: readonly Uint8Array[];
  /** Whose proxy, TLS settings and time limits are used. */
  readonly client: SignPath;
}

const VARIABLE = "SIGNPATH_TIMESTAMP_URLS";

/**
 * The addresses of authorities: those of the option, else those of the variable, which may hold passwords.
 *
 * @throws {CliError} `USAGE` for a password where others could read it
 */
export function timestampUrls(
  option: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (option === undefined) return (env[VARIABLE] ?? "").split(/\s+/).filter((url) => url !== "");
  for (const url of option) {
    if (!/^https?:\/\//i.test(url)) throw usageError("--timestamp must be an http:// or https:// address");
    if (/^[a-z]+:\/\/[^/?#]*@/i.test(url)) {
      throw usageError(
        "--timestamp must not hold a user name or a password: command lines can be read by others",
        `Put the address into ${VARIABLE} instead.`,
      );
    }
  }
  return option;
}

/** Makes what adds timestamps to a signature. Its settings are checked now, before anything is signed. */
export async function makeStamper({
  urls,
  roots,
  client,
}: Timestamps): Promise<(cms: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>> {
  const { stampCms } = await import("../../cms/index.js");
  const { planOf } = await import("../../cms/timestamp/plan.js");
  const options = { authorities: urls, client, ...(roots.length > 0 && { roots }) };
  planOf(options);
  return (cms, signal) => stampCms(cms, { ...options, signal });
}

/** The signature that lacks its timestamp, where that is what went wrong. */
export function unstampedIn(error: unknown): Uint8Array | undefined {
  if (!isSignPathError(error) || error.code !== "TIMESTAMP_FAILED" || !("cms" in error)) return undefined;
  return error.cms instanceof Uint8Array ? error.cms : undefined;
}
