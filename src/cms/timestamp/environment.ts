/** Addresses of timestamp authorities with spaces between them; they may hold user names and passwords. */
export const TIMESTAMP_URLS_VARIABLE = "SIGNPATH_TIMESTAMP_URLS";

/** The authorities that the environment names. */
export function timestampUrlsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return (env[TIMESTAMP_URLS_VARIABLE] ?? "").split(/\s+/).filter((url) => url !== "");
}
