import type { AdapterAlgorithm } from "../../adapter/algorithms.js";
import type { SignerChoice } from "../../adapter/choice.js";
import { quote, refused } from "../../adapter/refusal.js";

/** A hash that references and certificates are digested with. */
export type XmlHash = NonNullable<SignerChoice["hash"]>;

const MORE_2001 = "http://www.w3.org/2001/04/xmldsig-more#";
const MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#";

/** RFC 9231, section 2.1. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["SHA-256", "http://www.w3.org/2001/04/xmlenc#sha256"],
  ["SHA-384", `${MORE_2001}sha384`],
  ["SHA-512", "http://www.w3.org/2001/04/xmlenc#sha512"],
]);

/** RFC 9231, sections 2.3.2 to 2.3.4 and 2.3.6, and 2.3.10: RSA-PSS there is without parameters, with a salt of the hash's length. */
const SIGNATURES: Readonly<Record<AdapterAlgorithm["name"], (hash: string) => string>> = {
  "RSASSA-PKCS1-v1_5": (hash) => `${MORE_2001}rsa-${hash}`,
  "RSA-PSS": (hash) => `${MORE_2007}${hash}-rsa-MGF1`,
  ECDSA: (hash) => `${MORE_2001}ecdsa-${hash}`,
};

/** How XML becomes bytes, by short names: Canonical XML 1.0 and Exclusive XML Canonicalization 1.0, `com` with comments. */
export type XmlCanonicalization = "exc-c14n" | "exc-c14n-com" | "c14n" | "c14n-com";

const CANONICALIZATIONS: ReadonlyMap<string, string> = new Map([
  ["exc-c14n", "http://www.w3.org/2001/10/xml-exc-c14n#"],
  ["exc-c14n-com", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"],
  ["c14n", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"],
  ["c14n-com", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"],
]);

/** The transform that leaves out the signature itself (XML-Signature, section 6.6.4). */
export const ENVELOPED_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/** The URI of a way to sign, as `SignatureMethod` has it. */
export function signatureUri({ name, hash }: AdapterAlgorithm): string {
  return SIGNATURES[name](hash.replace("-", "").toLowerCase());
}

/** The URI of a hash, as `DigestMethod` has it. */
export function digestUri(hash: string): string {
  const uri = DIGESTS.get(hash);
  if (uri !== undefined) return uri;
  const names = [...DIGESTS.keys()].join(", ");
  throw refused(`the digests of XML signatures are ${names}, not ${quote(hash)}`, "ALGORITHM_NOT_SUPPORTED");
}

/** Whether a `DigestMethod` is one of those that are made here. */
export function isDigestUri(uri: unknown): boolean {
  return [...DIGESTS.values()].some((known) => known === uri);
}

/** The URI of a canonicalization. */
export function canonicalizationUri(name: string): string {
  const uri = CANONICALIZATIONS.get(name);
  if (uri !== undefined) return uri;
  const names = [...CANONICALIZATIONS.keys()].join(", ");
  throw refused(`the canonicalizations are ${names}, not ${quote(name)}`, "ALGORITHM_NOT_SUPPORTED");
}

/** Whether it is one of the canonicalizations, by its URI. */
export function isCanonicalizationUri(uri: unknown): boolean {
  return [...CANONICALIZATIONS.values()].some((known) => known === uri);
}
