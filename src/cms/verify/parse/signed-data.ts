import { readAlgorithm } from "../asn1/algorithm.js";
import { LIMITS, Malformed } from "../asn1/limits.js";
import { TAG } from "../asn1/tags.js";
import type { Value } from "../asn1/value.js";
import { childrenOf } from "../asn1/value.js";
import type { SignerInfo } from "./signer-info.js";
import { readSignerInfo } from "./signer-info.js";

/** SignedData (RFC 5652, section 5.1) without its content. */
export interface SignedData {
  /** Object identifiers of the hashes that it says its signers use. */
  readonly digestAlgorithms: readonly string[];
  /** Object identifier. */
  readonly contentType: string;
  /** DER of the X.509 certificates. */
  readonly certificates: readonly Uint8Array[];
  /** DER of the CRLs. */
  readonly crls: readonly Uint8Array[];
  readonly signers: readonly SignerInfo[];
}

/** CMSVersion of a SignedData: 1 and 3 to 5 are defined; 2 was, in a draft. */
export const VERSIONS: ReadonlySet<number> = new Set([1, 3, 4, 5]);

export function readDigestAlgorithms(set: Value): string[] {
  if (set.tag !== TAG.set) throw new Malformed("SignedData has no digestAlgorithms where they should be");
  return childrenOf(set, LIMITS.signers).map((each) => readAlgorithm(each).oid);
}

/** CertificateSet, of which the X.509 certificates count, and RevocationInfoChoices, of which the CRLs do. */
export function readSequences(set: Value | undefined): Uint8Array[] {
  const choices = set === undefined ? [] : childrenOf(set, LIMITS.certificates);
  return choices.filter(({ tag }) => tag === TAG.sequence).map(({ bytes }) => bytes);
}

export function readSigners(set: Value): SignerInfo[] {
  if (set.tag !== TAG.set) throw new Malformed("SignedData has no signerInfos where they should be");
  return childrenOf(set, LIMITS.signers).map(readSignerInfo);
}
