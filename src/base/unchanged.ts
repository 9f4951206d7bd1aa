import type { BigIntStats } from "node:fs";
import { statSync } from "node:fs";
import { SignPathError } from "./errors.js";

/**
 * Whether a file is still as it was when it was looked at, without reading it again: nobody has written to it, replaced it or
 * changed its mode. To have lost or got another name changes nothing but the time of its last change.
 */
export function isAsItWas(path: string, before: BigIntStats): boolean {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (now === undefined || now.dev !== before.dev || now.ino !== before.ino) return false;
  return hasSameContent(before, now) && (now.ctimeNs === before.ctimeNs || now.nlink !== before.nlink);
}

/** Whether nobody has written to an open file between two looks at it. */
export function hasSameContent(before: BigIntStats, now: BigIntStats): boolean {
  return now.size === before.size && now.mtimeNs === before.mtimeNs;
}

/** The error about a file that somebody else has changed, and that its signed copy is not to replace. */
export function changedMeanwhile(path: string): SignPathError {
  const message = `${path} changed while it was signed, and was left as it is; sign it again when nobody writes to it`;
  return new SignPathError("REQUEST_REJECTED", message, { stage: "sign", retryable: true });
}
