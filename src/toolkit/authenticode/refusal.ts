import { SignPathError } from "../../base/errors.js";

/** A file that cannot be signed, before anything is sent. */
export function unsuitable(reason: string, cause?: unknown): SignPathError {
  const message = `the file cannot be signed with Authenticode: ${reason}; nothing was sent`;
  return new SignPathError("REQUEST_REJECTED", message, { stage: "sign", cause });
}

/** Options that cannot be followed. */
export function wrongOption(message: string): SignPathError {
  return new SignPathError("CONFIG_INVALID", `${message}; nothing was sent`, { stage: "config" });
}
