import { isUint8Array } from "node:util/types";
import type { Bytes } from "../../base/bytes.js";
import { exactCopy } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import { MalformedAsn1 } from "../asn1/element.js";
import type { Timestamp } from "./ask.js";
import { obtain } from "./obtain.js";
import type { TimestampOptions } from "./options.js";
import { planOf } from "./plan.js";
import type { Signer, Signers } from "./signers.js";
import { findSigners } from "./signers.js";
import { imprintOf } from "./stamper.js";
import { through } from "./through.js";
import { isTimestampError } from "./timestamp-error.js";

/** How to stamp. */
export interface StampCmsOptions extends TimestampOptions {
  /** Number of the one signer to stamp, from 0, in the order in which they stand. Default: all that have no stamp. */
  readonly signer?: number | undefined;
}

/**
 * Adds a timestamp (RFC 3161, appendix A) to each signature of a CMS SignedData that has none, see {@link timestamp}. What
 * was signed is not needed, and nothing is signed again: all bytes but the lengths around the new attribute stay as they
 * are, DER stays DER, and in BER indefinite lengths stay.
 *
 * ```ts
 * const stamped = await stampCms(p7s, { authorities: ["https://tsa.example"], roots: [authorityPem] });
 * ```
 *
 * @param cms - a ContentInfo, DER or BER
 * @returns the same with the stamps
 * @throws {TimestampError} `TIMESTAMP_FAILED`, with the CMS as far as it got in `cms`
 * @throws {SignPathError} `REQUEST_REJECTED` for what cannot be read as SignedData or has no such signer, before anything
 * is sent; `CONFIG_INVALID`, `ABORTED`
 * @throws {TypeError} for a cms, a client or a signal that is none
 */
export async function stampCms(cms: Uint8Array, options: StampCmsOptions): Promise<Bytes> {
  if (!isUint8Array(cms)) throw new TypeError("the cms must be a Uint8Array");
  const plan = planOf(options);
  const copy = exactCopy(cms);
  const found = readSigners(copy);
  const wanted = signersOf(found, options.signer);
  if (wanted.length === 0) return copy;
  const imprints = wanted.map(({ signature }) => imprintOf(signature, plan));
  const outcomes = await through(options.client, (outside) =>
    Promise.allSettled(imprints.map((imprint) => obtain(outside, plan, imprint))),
  );
  return assemble(found, wanted, outcomes);
}

function assemble(
  found: Signers,
  wanted: readonly Signer[],
  outcomes: readonly PromiseSettledResult<Timestamp>[],
): Bytes {
  const tokens = new Map<Signer, Bytes>();
  const failures: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const signer = wanted[index];
    if (outcome.status === "rejected") failures.push(outcome.reason);
    else if (signer !== undefined) tokens.set(signer, outcome.value.token);
  }
  const stamped = found.withTokens(tokens);
  if (failures.length === 0) return stamped;
  // Whatever is no failed stamp has ended all of it.
  const [failure = failures[0]] = failures.filter((each) => !isTimestampError(each));
  throw isTimestampError(failure) ? failure.withCms(stamped) : failure;
}

function readSigners(cms: Bytes): Signers {
  try {
    return findSigners(cms);
  } catch (error) {
    if (error instanceof MalformedAsn1) throw refused(`it cannot be read as SignedData: ${error.message}`);
    throw error;
  }
}

function signersOf({ signers }: Signers, number: number | undefined): Signer[] {
  const signer = number === undefined ? undefined : signers[number];
  if (number !== undefined && signer === undefined)
    throw refused(`there is no signer ${number}: it has ${signers.length}`);
  return (signer === undefined ? [...signers] : [signer]).filter(({ isStamped }) => !isStamped);
}

function refused(reason: string): SignPathError {
  return new SignPathError("REQUEST_REJECTED", `the CMS cannot be stamped: ${reason}`, {
    stage: "timestamp",
  });
}
