import { SignPathError } from "../../base/errors.js";

/** The error about an archive that cannot be signed. */
export function refused(message: string, cause?: unknown): SignPathError {
  return new SignPathError("REQUEST_REJECTED", `${message}; nothing was written`, {
    stage: "sign",
    cause,
  });
}

/** The error about options that cannot be followed. */
export function contradiction(message: string): SignPathError {
  return new SignPathError("CONFIG_INVALID", `${message}; nothing was read or sent`, { stage: "config" });
}
