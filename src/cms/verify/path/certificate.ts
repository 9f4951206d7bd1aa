import type { KeyObject } from "node:crypto";
import { X509Certificate } from "node:crypto";
import type { Bytes } from "../../../base/bytes.js";
import { equal, exactCopy } from "../../../base/bytes.js";
import type { AlgorithmIdentifier } from "../asn1/algorithm.js";
import { readAlgorithm } from "../asn1/algorithm.js";
import { Fields } from "../asn1/fields.js";
import { Malformed } from "../asn1/limits.js";
import { serialOf, smallIntegerOf, timeOf, wholeBitsOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf, readValue } from "../asn1/value.js";
import type { Extensions } from "./extensions.js";
import { readExtensions } from "./extensions.js";
import type { Name } from "./name.js";
import { readName, sameName } from "./name.js";

/** An X.509 certificate, as far as the validation of paths needs it (RFC 5280, section 4.1). */
export interface Certificate {
  readonly der: Bytes;
  /** 1 or 3. */
  readonly version: number;
  /** In hexadecimal. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** Encoded. */
  readonly issuerDer: Uint8Array;
  /** One attribute per line, as OpenSSL writes them. */
  readonly issuerText: string;
  readonly subjectText: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly extensions: Extensions;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
}

/**
 * Reads a certificate from DER. OpenSSL reads the key and the texts, and refuses what it cannot read.
 *
 * @throws {Malformed}
 */
export function parseCertificate(encoded: Uint8Array): Certificate {
  const der = exactCopy(encoded);
  const outer = new Fields(readValue(der), "Certificate");
  const tbs = outer.take("tbsCertificate", TAG.sequence);
  const signatureAlgorithm = readAlgorithm(outer.take("signatureAlgorithm"));
  const signature = wholeBitsOf(outer.take("signature"));
  outer.end();
  return {
    der,
    signatureAlgorithm,
    signature,
    tbs: tbs.bytes,
    ...readTbs(tbs, signatureAlgorithm),
    ...readKey(der),
  };
}

type Tbs = Pick<
  Certificate,
  "version" | "serialNumber" | "issuer" | "subject" | "issuerDer" | "notBefore" | "notAfter" | "extensions"
>;

function readTbs(tbs: Value, outerAlgorithm: AlgorithmIdentifier): Tbs {
  const fields = new Fields(tbs, "TBSCertificate");
  const explicitVersion = fields.optional(context(0, "constructed"));
  const version = explicitVersion === undefined ? 1 : smallIntegerOf(only(explicitVersion)) + 1;
  const serialNumber = serialOf(fields.take("serialNumber"));
  if (!equal(fields.take("signature").bytes, outerAlgorithm.bytes))
    throw new Malformed("a certificate names two different signature algorithms");
  const issuer = fields.take("issuer");
  const validity = new Fields(fields.take("validity"), "Validity");
  const [notBefore, notAfter] = [timeOf(validity.take("notBefore")), timeOf(validity.take("notAfter"))];
  const subject = fields.take("subject");
  fields.take("subjectPublicKeyInfo", TAG.sequence);
  fields.optional(context(1, "primitive"));
  fields.optional(context(2, "primitive"));
  const extensions = fields.optional(context(3, "constructed"));
  fields.end();
  if (extensions !== undefined && version !== 3)
    throw new Malformed("a certificate has extensions and is not of version 3");
  return {
    version,
    serialNumber,
    issuer: readName(issuer),
    subject: readName(subject),
    issuerDer: issuer.bytes,
    notBefore,
    notAfter,
    extensions: readExtensions(extensions && only(extensions)),
  };
}

function readKey(der: Bytes): Pick<Certificate, "issuerText" | "subjectText" | "publicKey"> {
  try {
    const certificate = new X509Certificate(der);
    const { issuer = "", subject = "", publicKey } = certificate;
    return { issuerText: issuer, subjectText: subject, publicKey };
  } catch (cause) {
    throw new Malformed("OpenSSL cannot read a certificate", { cause });
  }
}

/** The value that an explicit tag is around. */
export function only(explicit: Value): Value {
  const [value, more] = childrenOf(explicit, 2);
  if (value === undefined || more !== undefined)
    throw new Malformed("an explicit tag is around more or less than one value");
  return value;
}

/** Issued by its own subject, which roots are, and certificates from an authority's old key for its new one. */
export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return sameName(issuer, subject);
}
