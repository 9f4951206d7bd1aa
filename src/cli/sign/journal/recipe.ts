import { digestOfBytes } from "./content.js";

/** Options that do not change what is made, or have a place of their own in the journal. */
const NO_MATTER: ReadonlySet<string> = new Set([
  "journal",
  "resume",
  "jobs",
  "json",
  "verbose",
  "quiet",
  "color",
  "progress",
  "config",
  "policy",
  "format",
  "out",
  "inPlace",
  "baseDir",
  "recursive",
  "exclude",
  "filesFrom",
  "null",
  "timestamp",
  "timestampRoots",
  "timestampOrder",
  "keepUnstamped",
  "certificates",
  "incompleteChain",
]);

/** What goes into signatures beside what the options say. */
export interface Ingredients {
  /** Issuers. */
  readonly certificates: readonly Uint8Array[];
  readonly isStamped: boolean;
}

/**
 * One digest of all that decides what is made. An option that this file does not know counts: a signature too many is
 * better than one that is not what was asked for.
 */
export function recipeOf(flags: object, { certificates, isStamped }: Ingredients): string {
  const options = Object.entries(flags)
    .filter(([name, value]) => !NO_MATTER.has(name) && value !== undefined && value !== false)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOfBytes(JSON.stringify([options, certificates.map(digestOfBytes), isStamped]));
}
