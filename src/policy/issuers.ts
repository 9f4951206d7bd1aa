import { delimiter } from "node:path";

/**
 * Issuers of the policy's certificate, which the API does not give: PEM or DER files, with what the `PATH` of the platform has
 * between its parts between them.
 */
export const CERTIFICATES_VARIABLE = "SIGNPATH_CERTIFICATES";

/** The files that the environment names. */
export function certificatePathsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return (env[CERTIFICATES_VARIABLE] ?? "").split(delimiter).filter((path) => path.trim() !== "");
}
