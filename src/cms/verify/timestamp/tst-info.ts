import type { AlgorithmIdentifier } from "../asn1/algorithm.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { Malformed } from "../asn1/limits.js";
import { octetsOf, oidOf, serialOf, serialText, smallIntegerOf, timeOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import { readValue } from "../asn1/value.js";
import { readExtensions, unknownCritical } from "../path/extensions.js";

const NONE: ReadonlySet<string> = new Set();

/** TSTInfo (RFC 3161, section 2.4.2): what a timestamp says. */
export interface TstInfo {
  /** Object identifier of the authority's policy. */
  readonly policy: string;
  readonly hashAlgorithm: AlgorithmIdentifier;
  readonly hashedMessage: Uint8Array;
  /** In hexadecimal. */
  readonly serialNumber: string;
  readonly time: Date;
  /** In hexadecimal. */
  readonly nonce: string | undefined;
}

/** @throws {Malformed} */
export function readTstInfo(der: Uint8Array): TstInfo {
  const fields = new Fields(readValue(der), "TSTInfo");
  if (smallIntegerOf(fields.take("version", TAG.integer)) !== 1)
    throw new Malformed("TSTInfo is of an unknown version");
  const policy = oidOf(fields.take("policy", TAG.oid));
  const imprint = new Fields(fields.take("messageImprint", TAG.sequence), "MessageImprint");
  const hashAlgorithm = readAlgorithm(imprint.take("hashAlgorithm"));
  const hashedMessage = octetsOf(imprint.take("hashedMessage"));
  imprint.end();
  const serialNumber = serialOf(fields.take("serialNumber", TAG.integer));
  const time = timeOf(fields.take("genTime", TAG.generalizedTime));
  fields.optional(TAG.sequence);
  fields.optional(TAG.boolean);
  const nonce = fields.optional(TAG.integer);
  fields.optional(context(0, "constructed"));
  const extensions = fields.optional(context(1, "constructed"));
  fields.end();
  if (unknownCritical(readExtensions(extensions), NONE).length > 0)
    throw new Malformed("TSTInfo has a critical extension, of which none is known");
  return {
    policy,
    hashAlgorithm,
    hashedMessage,
    serialNumber: serialText(serialNumber),
    time,
    nonce: nonce && serialText(serialOf(nonce)),
  };
}
