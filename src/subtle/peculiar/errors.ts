import type { DomErrorName } from "../composite/errors.js";
import { domError } from "../composite/errors.js";

/**
 * The library's error classes and the names that the specification has for them. The classes belong to
 * webcrypto-core, which this package does not depend on by itself, and set no `name`.
 */
const NAMES: ReadonlyMap<string, DomErrorName> = new Map([
  ["AlgorithmError", "NotSupportedError"],
  ["UnsupportedOperationError", "NotSupportedError"],
  ["SyntaxError", "SyntaxError"],
]);

/** What failed where no class tells: the data of an import, otherwise the operation. */
const BY_OPERATION: ReadonlyMap<string, DomErrorName> = new Map([["importKey", "DataError"]]);

/**
 * An error of @peculiar/webcrypto, of its parsers or of `node:crypto` below it, as WebCrypto would throw it:
 * a `TypeError` for an argument of the wrong type, otherwise a `DOMException`, with the error as its cause.
 */
export function translated(operation: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof DOMException) {
    // The one that the library throws itself has no name.
    return error.name === "Error" ? domError("InvalidAccessError", error.message, error) : error;
  }
  const kind = error.constructor.name;
  if (kind === "RequiredPropertyError") return new TypeError(error.message, { cause: error });
  if (error instanceof TypeError && !("code" in error)) return error;
  if (error.message.startsWith("format: ")) return domError("NotSupportedError", error.message, error);
  const name = NAMES.get(kind) ?? BY_OPERATION.get(operation) ?? "OperationError";
  return domError(name, `${operation}: ${error.message}`, error);
}
