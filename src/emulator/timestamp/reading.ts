import * as pkijs from "pkijs";
import type { HashAlgorithm } from "../keys/hash-algorithms.js";
import { hashAlgorithm } from "../keys/hash-algorithms.js";
import type { TimestampFailure } from "./mistakes.js";

/** What a timestamp is asked for, once everything about it has been checked. */
export interface TimestampOrder {
  readonly hash: HashAlgorithm;
  readonly digest: Buffer;
  /** The contents of an INTEGER. */
  readonly nonce: Buffer | undefined;
  readonly withCertificates: boolean;
}

/** A request that is answered with a rejection. */
export class TimestampRefusal extends Error {
  override readonly name = "TimestampRefusal";
  readonly failure: TimestampFailure;

  constructor(failure: TimestampFailure, words: string) {
    super(words);
    this.failure = failure;
  }
}

/** The one policy of the emulator's authority, below the number for examples (RFC 5612). */
export const TIMESTAMP_POLICY = "1.3.6.1.4.1.32473.1";

/** What is stamped: SHA-2 digests. */
const LEAST_HASH_BYTES = 32;

/**
 * Reads a `TimeStampReq` (RFC 3161, section 2.4.1), which must be DER.
 *
 * @throws {TimestampRefusal}
 */
export function readRequest(body: Buffer): TimestampOrder {
  const request = decode(body);
  if (request.version !== 1) throw new TimestampRefusal("badRequest", "The version must be 1.");
  const { hashAlgorithm: algorithm, hashedMessage } = request.messageImprint;
  const hash = hashAlgorithm(algorithm.algorithmId);
  if (hash === undefined || hash.length < LEAST_HASH_BYTES) {
    throw new TimestampRefusal("badAlg", `The hash ${algorithm.algorithmId} is not accepted.`);
  }
  const digest = Buffer.from(hashedMessage.valueBlock.valueHexView);
  if (digest.length !== hash.length) {
    throw new TimestampRefusal("badDataFormat", `The digest must have ${hash.length} bytes.`);
  }
  const { reqPolicy = TIMESTAMP_POLICY, extensions = [], nonce, certReq = false } = request;
  if (reqPolicy !== TIMESTAMP_POLICY) {
    throw new TimestampRefusal("unacceptedPolicy", `The policy is ${TIMESTAMP_POLICY}.`);
  }
  if (extensions.length > 0) {
    throw new TimestampRefusal("unacceptedExtension", "Extensions are not accepted.");
  }
  const digits = nonce && Buffer.from(nonce.valueBlock.valueHexView);
  return { hash, digest, nonce: digits, withCertificates: certReq };
}

function decode(body: Buffer): pkijs.TimeStampReq {
  let request: pkijs.TimeStampReq;
  let again: Buffer;
  try {
    request = pkijs.TimeStampReq.fromBER(new Uint8Array(body));
    again = Buffer.from(request.toSchema().toBER());
  } catch {
    throw new TimestampRefusal("badDataFormat", "The request is no TimeStampReq.");
  }
  // What comes back the same was DER, and nothing follows it.
  if (!again.equals(body)) throw new TimestampRefusal("badDataFormat", "The request is not DER.");
  return request;
}
