import { Fields } from "../asn1/fields.js";
import { LIMITS, Malformed } from "../asn1/limits.js";
import { booleanOf, namedBitsOf, octetsOf, oidOf, smallIntegerOf } from "../asn1/primitives.js";
import { context, TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf, readValue } from "../asn1/value.js";

/** Extensions of certificates and CRLs (RFC 5280, sections 4.2 and 5.2). */
export const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  cRLNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  deltaCRLIndicator: "2.5.29.27",
  issuingDistributionPoint: "2.5.29.28",
  nameConstraints: "2.5.29.30",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extKeyUsage: "2.5.29.37",
  inhibitAnyPolicy: "2.5.29.54",
} as const;

/** Numbers of the bits in KeyUsage (section 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, cRLSign: 6 } as const;

export interface Extension {
  readonly critical: boolean;
  /** The value in the OCTET STRING. */
  readonly value: Uint8Array;
}

/** By object identifier. */
export type Extensions = ReadonlyMap<string, Extension>;

/**
 * Reads a list of extensions.
 *
 * @throws {Malformed} also where one is there twice
 */
export function readExtensions(list: Value | undefined): Extensions {
  const extensions = new Map<string, Extension>();
  for (const each of list === undefined ? [] : childrenOf(list, LIMITS.attributes)) {
    const fields = new Fields(each, "Extension");
    const oid = oidOf(fields.take("extnID", TAG.oid));
    const critical = fields.optional(TAG.boolean);
    const value = octetsOf(fields.take("extnValue", TAG.octetString));
    fields.end();
    if (extensions.has(oid)) throw new Malformed(`the extension ${oid} is there twice`);
    extensions.set(oid, { critical: critical !== undefined && booleanOf(critical), value });
  }
  return extensions;
}

function read(extensions: Extensions, oid: string): Value | undefined {
  const found = extensions.get(oid);
  return found && readValue(found.value);
}

/** BasicConstraints (section 4.2.1.9). */
export function basicConstraintsOf(
  extensions: Extensions,
): { readonly ca: boolean; readonly pathLength: number | undefined } | undefined {
  const value = read(extensions, EXTENSION.basicConstraints);
  if (value === undefined) return undefined;
  const fields = new Fields(value, "BasicConstraints");
  const ca = fields.optional(TAG.boolean);
  const pathLength = fields.optional(TAG.integer);
  fields.end();
  return { ca: ca !== undefined && booleanOf(ca), pathLength: pathLength && smallIntegerOf(pathLength) };
}

/** Numbers of the bits that are set; `undefined` where nothing is said. */
export function keyUsageOf(extensions: Extensions): ReadonlySet<number> | undefined {
  const value = read(extensions, EXTENSION.keyUsage);
  if (value === undefined) return undefined;
  if (value.tag !== TAG.bitString) throw new Malformed("KeyUsage is no BIT STRING");
  return namedBitsOf(value.content);
}

/** Object identifiers of the extended key usages. */
export function extendedKeyUsageOf(extensions: Extensions): readonly string[] | undefined {
  const value = read(extensions, EXTENSION.extKeyUsage);
  if (value === undefined) return undefined;
  if (value.tag !== TAG.sequence) throw new Malformed("ExtKeyUsage is no SEQUENCE");
  return childrenOf(value, LIMITS.attributes).map(oidOf);
}

export function subjectKeyIdentifierOf(extensions: Extensions): Uint8Array | undefined {
  const value = read(extensions, EXTENSION.subjectKeyIdentifier);
  return value && octetsOf(value);
}

/** The keyIdentifier of AuthorityKeyIdentifier (section 4.2.1.1). */
export function authorityKeyIdentifierOf(extensions: Extensions): Uint8Array | undefined {
  const value = read(extensions, EXTENSION.authorityKeyIdentifier);
  if (value === undefined) return undefined;
  return new Fields(value, "AuthorityKeyIdentifier").optional(context(0, "primitive"))?.content;
}

/** The extensions that must be understood and are not among these. */
export function unknownCritical(extensions: Extensions, known: ReadonlySet<string>): string[] {
  return [...extensions].flatMap(([oid, { critical }]) => (critical && !known.has(oid) ? [oid] : []));
}
