import type { SignPathErrorCode } from "../../base/errors.js";
import { SignPathError } from "../../base/errors.js";

/** An error of this room, for a call that ends before anything is signed. */
export function refused(code: SignPathErrorCode, message: string, cause?: unknown): SignPathError {
  return new SignPathError(code, message, { stage: "cms", cause });
}

/** Options that cannot be followed, or not together. */
export function contradiction(message: string): SignPathError {
  return refused("CONFIG_INVALID", `${message}; nothing was read or sent`);
}

/**
 * Nothing else is taken for one: what a signature has, or lacks, is not to depend on a text or on `null`.
 *
 * @throws {SignPathError} `CONFIG_INVALID`
 */
export function requireBoolean(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw contradiction(`${name} must be true or false`);
}
