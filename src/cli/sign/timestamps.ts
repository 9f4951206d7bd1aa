import type { TimestampOptions } from "../../cms/index.js";
import { TIMESTAMP_URLS_VARIABLE, timestampUrlsIn } from "../../cms/timestamp/environment.js";
import type { SignPath } from "../../signpath.js";
import { sessionOf } from "../../signpath.js";
import { usageError } from "../errors/cli-error.js";

/** Who is asked for timestamps of signatures. */
export interface Timestamps {
  readonly urls: readonly string[];
  /** Certificates that timestamps must lead to; none: trust is not asked for. */
  readonly roots: readonly Uint8Array[];
  /** Undefined: as they stand. */
  readonly order: "sequential" | "spread" | undefined;
  /** Whose proxy, TLS settings and time limits are used. */
  readonly client: SignPath;
}

/**
 * The addresses of authorities: those of the option, else those of the variable, which may hold passwords.
 *
 * @throws {CliError} `USAGE` for a password where others could read it
 */
export function timestampUrls(
  option: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (option === undefined) return timestampUrlsIn(env);
  for (const url of option) {
    if (!/^https?:\/\//i.test(url)) throw usageError("--timestamp must be an http:// or https:// address");
    if (/^[a-z]+:\/\/[^/?#]*@/i.test(url)) {
      throw usageError(
        "--timestamp must not hold a user name or a password: command lines can be read by others",
        `Put the address into ${TIMESTAMP_URLS_VARIABLE} instead.`,
      );
    }
  }
  return option;
}

/**
 * Refuses addresses with the API token in them, before anything is sent: whoever is asked reads them.
 *
 * @throws {CliError} `USAGE`
 */
export async function refuseToken(urls: readonly string[], client: SignPath): Promise<void> {
  if (urls.length === 0) return;
  const { token } = (await sessionOf(client)).api.config;
  if (urls.some((url) => token.isInAddress(url)))
    throw usageError(
      "the address of a timestamp authority holds the API token, and is not asked",
      "Take the token out of it. If it was asked before, have a new token made.",
    );
}

/** The same for what signs. */
export function timestampOptions({ urls, roots, order, client }: Timestamps): TimestampOptions {
  return { authorities: urls, order, client, ...(roots.length > 0 && { roots }) };
}
