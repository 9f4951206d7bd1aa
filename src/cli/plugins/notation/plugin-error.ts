import type { SignPathErrorCode } from "../../../base/errors.js";
import { isSignPathError, messageOf } from "../../../base/errors.js";

/** Codes of notation's plugin contract. */
export type PluginErrorCode =
  | "VALIDATION_ERROR"
  | "UNSUPPORTED_CONTRACT_VERSION"
  | "ACCESS_DENIED"
  | "TIMEOUT"
  | "THROTTLED"
  | "ERROR";

/** What is wrong with a request, in notation's terms. */
export class PluginError extends Error {
  readonly code: PluginErrorCode;

  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const CODES: Readonly<Partial<Record<SignPathErrorCode, PluginErrorCode>>> = {
  CONFIG_INVALID: "VALIDATION_ERROR",
  POLICY_NOT_FOUND: "VALIDATION_ERROR",
  POLICY_UNUSABLE: "VALIDATION_ERROR",
  ALGORITHM_NOT_SUPPORTED: "VALIDATION_ERROR",
  AUTHENTICATION_FAILED: "ACCESS_DENIED",
  FORBIDDEN: "ACCESS_DENIED",
  REQUEST_DENIED: "ACCESS_DENIED",
  TIMEOUT: "TIMEOUT",
  THROTTLED: "THROTTLED",
};

/** An error as notation reads it from stderr, on one line. */
export function errorResponse(error: unknown): string {
  const response = isSignPathError(error)
    ? {
        errorCode: CODES[error.code] ?? "ERROR",
        errorMessage: error.message,
        errorMetadata: metadataOf(error),
      }
    : { errorCode: error instanceof PluginError ? error.code : "ERROR", errorMessage: messageOf(error) };
  return `${JSON.stringify(response)}\n`;
}

function metadataOf({
  code,
  traceId,
  signingRequestId,
}: {
  code: string;
  traceId?: string;
  signingRequestId?: string;
}) {
  return {
    code,
    ...(traceId !== undefined && { traceId }),
    ...(signingRequestId !== undefined && { signingRequestId }),
  };
}
