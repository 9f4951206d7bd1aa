import { equal } from "../../../base/bytes.js";
import type { AlgorithmIdentifier } from "../asn1/algorithm.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { Malformed } from "../asn1/limits.js";
import { serialOf, smallIntegerOf, timeOf, wholeBitsOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { eachChild, readValue } from "../asn1/value.js";
import { only } from "./certificate.js";
import type { Extensions } from "./extensions.js";
import { EXTENSION, readExtensions } from "./extensions.js";
import type { Name } from "./name.js";
import { readName } from "./name.js";

/** A certificate revocation list (RFC 5280, section 5.1). Its entries are read when they are looked for. */
export interface Crl {
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly entries: Value | undefined;
  readonly extensions: Extensions;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
}

/** An entry for one certificate. */
export interface Revocation {
  readonly date: Date;
  /** Since when the key is not to be relied on, where that is said. */
  readonly invalidSince: Date | undefined;
  /** CRLReason (section 5.3.1); `undefined` where nothing is said. */
  readonly reason: number | undefined;
}

/** @throws {Malformed} */
export function parseCrl(der: Uint8Array): Crl {
  const outer = new Fields(readValue(der), "CertificateList");
  const tbs = outer.take("tbsCertList", TAG.sequence);
  const signatureAlgorithm = readAlgorithm(outer.take("signatureAlgorithm"));
  const signature = wholeBitsOf(outer.take("signatureValue"));
  outer.end();
  const fields = new Fields(tbs, "TBSCertList");
  const version = fields.optional(TAG.integer);
  if (version !== undefined && smallIntegerOf(version) !== 1)
    throw new Malformed("a CRL is of an unknown version");
  if (!equal(fields.take("signature").bytes, signatureAlgorithm.bytes))
    throw new Malformed("a CRL names two different signature algorithms");
  const issuer = readName(fields.take("issuer"));
  const thisUpdate = timeOf(fields.take("thisUpdate"));
  const nextUpdate = fields.optional(TAG.utcTime, TAG.generalizedTime);
  const entries = fields.optional(TAG.sequence);
  const extensions = fields.optional(context(0, "constructed"));
  fields.end();
  return {
    issuer,
    thisUpdate,
    nextUpdate: nextUpdate && timeOf(nextUpdate),
    entries,
    extensions: readExtensions(extensions && only(extensions)),
    signatureAlgorithm,
    signature,
    tbs: tbs.bytes,
  };
}

/**
 * The entry for a serial number.
 *
 * @throws {Malformed}
 */
export function entryFor({ entries }: Crl, serialNumber: string): Revocation | undefined {
  for (const entry of entries === undefined ? [] : eachChild(entries)) {
    const serial = eachChild(entry).next().value;
    if (!serial) throw new Malformed("an entry of a CRL is empty");
    if (serialOf(serial) === serialNumber) return readEntry(entry);
  }
  return undefined;
}

function readEntry(entry: Value): Revocation {
  const fields = new Fields(entry, "revokedCertificate");
  fields.take("userCertificate", TAG.integer);
  const date = timeOf(fields.take("revocationDate"));
  const list = fields.optional(TAG.sequence);
  fields.end();
  const extensions = readExtensions(list);
  const reason = extensions.get(EXTENSION.reasonCode);
  const invalidSince = extensions.get(EXTENSION.invalidityDate);
  return {
    date,
    reason: reason && smallIntegerOf(readValue(reason.value), TAG.enumerated),
    invalidSince: invalidSince && timeOf(readValue(invalidSince.value)),
  };
}
