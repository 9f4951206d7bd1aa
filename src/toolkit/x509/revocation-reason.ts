import { refused } from "./signer.js";

/** `CRLReason` of RFC 5280, section 5.3.1; 7 is not used. */
const REASONS: readonly unknown[] = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10];

/** @throws {SignPathError} `CONFIG_INVALID` for a number that is no reason */
export function requireReason(reason: number | undefined): void {
  if (reason !== undefined && !REASONS.includes(reason))
    throw refused(`${String(reason)} is no reason for a revocation (RFC 5280, section 5.3.1)`);
}
