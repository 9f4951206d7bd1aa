import type { SignPathErrorCode } from "../base/errors.js";
import { SignPathError } from "../base/errors.js";

/** What cannot be signed as it was given; nothing has been sent. */
export function refused(
  message: string,
  code: SignPathErrorCode = "CONFIG_INVALID",
  cause?: unknown,
): SignPathError {
  return new SignPathError(code, `${message}. Nothing was sent`, { stage: "sign", cause });
}

/** A value of the caller's in a message, shortened. */
export function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 60));
}
