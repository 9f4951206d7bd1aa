import type { Extensions } from "./extensions.js";
import { EXTENSION, extendedKeyUsageOf } from "./extensions.js";

/** What a signer's certificate must be for; `"any"` takes those for anything. */
export type Purpose = "any" | "codeSigning" | "emailProtection" | "documentSigning" | "timeStamping";

/** Key purposes (RFC 5280, section 4.2.1.12; RFC 9336 and what was in use before it). */
const KEY_PURPOSES: Readonly<Record<Exclude<Purpose, "any">, readonly string[]>> = {
  codeSigning: ["1.3.6.1.5.5.7.3.3"],
  emailProtection: ["1.3.6.1.5.5.7.3.4"],
  documentSigning: ["1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"],
  timeStamping: ["1.3.6.1.5.5.7.3.8"],
};
const ANY = "2.5.29.37.0";

/** The names of the purposes. */
export const PURPOSES: readonly Purpose[] = ["any", ...(Object.keys(KEY_PURPOSES) as Purpose[])];

/**
 * Why a certificate is not for a purpose. One without the extension is for all of them, but an authority for timestamps
 * must have it, critical, and with this purpose alone (RFC 3161, section 2.3).
 */
export function purposeDefect(
  extensions: Extensions,
  purpose: Purpose,
  role: "signer" | "authority",
): string | undefined {
  if (purpose === "any") return undefined;
  const found = extendedKeyUsageOf(extensions);
  const isForIt = found?.some((oid) => KEY_PURPOSES[purpose].includes(oid));
  if (purpose === "timeStamping" && role === "signer") {
    const isCritical = extensions.get(EXTENSION.extKeyUsage)?.critical === true;
    return isForIt && isCritical && found?.length === 1
      ? undefined
      : "is not for timestamps alone: its extended key usage must be that, and critical";
  }
  if (found === undefined || isForIt || found.includes(ANY)) return undefined;
  return `is not for the purpose ${purpose}`;
}
