import { SignPathError } from "../../base/errors.js";
import { domError } from "./errors.js";

const PUBLIC_KEY = "the public key is await policy.publicKey(key.algorithm)";

/** What to do instead of what was tried, by operation. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["exportKey", `it is not extractable; ${PUBLIC_KEY}`],
  ["wrapKey", `it is not extractable and wraps no other key; ${PUBLIC_KEY}`],
  ["verify", `to verify, use the public key: await policy.publicKey(key.algorithm)`],
  ["getPublicKey", PUBLIC_KEY],
]);

/**
 * The refusal of everything but `sign` with a key that SignPath holds. Such a key is not extractable and its
 * only usage is `sign`; the specification has `InvalidAccessError` for both.
 */
export function remoteRefusal(operation: string): DOMException {
  const instead = INSTEAD.get(operation) ?? `${operation} is not among its usages`;
  const message = `A private key held by SignPath can sign and nothing else: ${instead}`;
  const cause = new SignPathError("ALGORITHM_NOT_SUPPORTED", message, { stage: "sign" });
  return domError("InvalidAccessError", message, cause);
}
