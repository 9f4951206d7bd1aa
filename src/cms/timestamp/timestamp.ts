import { isUint8Array } from "node:util/types";
import { exactCopy } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { Imprint, Timestamp } from "./ask.js";
import { obtain } from "./obtain.js";
import type { TimestampOptions } from "./options.js";
import type { TimestampPlan } from "./plan.js";
import { hashOfLength, planOf } from "./plan.js";
import { through } from "./through.js";

/**
 * A timestamp (RFC 3161) over a digest, from the first of some authorities that gives a good one. An answer is good where
 * it repeats the digest, the nonce and, where one was asked for, the policy; its time is that of this machine's clock,
 * five minutes more or less at most, and not from the future by more than its accuracy or a minute; its signature
 * verifies, under the certificate that it names (RFC 5816), which is for timestamps alone (RFC 3161, section 2.3) and valid
 * at its time. With `roots` its chain must lead to one of them. **Without `roots` the chain that it brings along is
 * checked, but whose it is is not**: then a good timestamp tells that the answer is whole, not that the authority can be
 * trusted. The API token is never sent.
 *
 * ```ts
 * const { token, time } = await timestamp(sha256, { authorities: ["https://tsa.example", "https://other.example"] });
 * ```
 *
 * @param digest - by SHA-256, SHA-384 or SHA-512: 32, 48 or 64 bytes
 * @returns the token, its time, and who gave it
 * @throws {TimestampError} `TIMESTAMP_FAILED` with one failure per authority: `CONFIG_INVALID` for credentials over plain
 * http, `AUTHENTICATION_FAILED`, `FORBIDDEN`, `REQUEST_REJECTED`, `THROTTLED`, `SERVICE_UNAVAILABLE`, `CONNECTION_FAILED`,
 * `TLS_FAILED`, `TIMEOUT`, `INVALID_RESPONSE` for an answer that is not about what was asked for, `VERIFICATION_FAILED`
 * for one whose signature or certificate does not hold
 * @throws {SignPathError} `CONFIG_INVALID` for options that cannot be used, `REQUEST_REJECTED` for a digest of another
 * length, `ABORTED`
 * @throws {TypeError} for a digest, a client or a signal that is none
 */
export async function timestamp(digest: Uint8Array, options: TimestampOptions): Promise<Timestamp> {
  if (!isUint8Array(digest)) throw new TypeError("the digest must be a Uint8Array");
  const plan = planOf(options);
  const imprint = imprintOf(digest, plan);
  return through(options.client, (outside) => obtain(outside, plan, imprint));
}

/** @throws {SignPathError} `REQUEST_REJECTED` */
function imprintOf(digest: Uint8Array, { hash: asked }: TimestampPlan): Imprint {
  const hash = asked ?? hashOfLength(digest.byteLength);
  if (hash?.length === digest.byteLength) return { digest: exactCopy(digest), hash };
  const expected = hash === undefined ? "32, 48 or 64" : `${hash.length}, as ${hash.name} has them`;
  const message = `the digest has ${digest.byteLength} bytes, not ${expected}`;
  throw new SignPathError("REQUEST_REJECTED", message, { stage: "timestamp" });
}
