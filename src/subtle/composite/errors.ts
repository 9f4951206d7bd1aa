import { namedException } from "../../base/errors.js";

/** The names of the WebCrypto specification under which an operation fails. */
export type DomErrorName =
  | "DataError"
  | "InvalidAccessError"
  | "NotSupportedError"
  | "OperationError"
  | "SyntaxError";

/** A `DOMException` as WebCrypto throws it, with what led to it as its `cause`. */
export function domError(name: DomErrorName, message: string, cause?: unknown): DOMException {
  return cause === undefined ? new DOMException(message, name) : namedException(name, message, cause);
}

/** Whether `value` is a `DOMException` with this name. */
export function isDomError(value: unknown, name: DomErrorName): boolean {
  return value instanceof DOMException && value.name === name;
}
