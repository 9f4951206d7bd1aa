import type { Bytes } from "../../base/bytes.js";
import { TAGS } from "../asn1/der.js";
import { algorithmIdentifier } from "../asn1/object-identifier.js";
import { CONTENT_TYPES } from "../asn1/oids.js";
import type { Signed } from "./draft.js";
import type { Plan } from "./plan.js";
import { pkcs7DigestAlgorithm } from "./signature-algorithm.js";
import { encodeSignerInfo } from "./signer-info.js";

/** What a SignedData has beside its content (RFC 5652, section 5.1), each element as DER or as it was found. */
export interface SignedDataParts {
  readonly version: number;
  readonly digestAlgorithms: readonly Bytes[];
  /** Object identifier. */
  readonly contentType: string;
  /** `CertificateChoices`, each. */
  readonly certificates: readonly Bytes[];
  /** `RevocationInfoChoice`, each. */
  readonly crls: readonly Bytes[];
  readonly signerInfos: readonly Bytes[];
}

/** What the version depends on. */
export interface VersionFacts extends Pick<SignedDataParts, "contentType" | "certificates" | "crls"> {
  readonly signerVersions: readonly number[];
}

/** `CertificateChoices` by their tags (RFC 5652, section 10.2.2). */
const CERTIFICATE = {
  v1Attribute: TAGS.context1,
  v2Attribute: TAGS.context2,
  other: TAGS.context3,
} as const;

/** The version of a SignedData, by the rules of RFC 5652, section 5.1. */
export function versionOf({ contentType, certificates, crls, signerVersions }: VersionFacts): number {
  const has = (elements: readonly Bytes[], tag: number): boolean => elements.some(([first]) => first === tag);
  if (has(certificates, CERTIFICATE.other) || has(crls, TAGS.context1)) return 5;
  if (has(certificates, CERTIFICATE.v2Attribute)) return 4;
  const isThree =
    has(certificates, CERTIFICATE.v1Attribute) ||
    signerVersions.includes(3) ||
    contentType !== CONTENT_TYPES.data;
  return isThree ? 3 : 1;
}

/** Everything but the signatures is known before there are any: of BER it comes before the content. */
export function outlineOf(plan: Plan): Pick<SignedDataParts, "version" | "digestAlgorithms" | "contentType"> {
  const { contentType, crls, signers, hashes, isAsn1 } = plan;
  const signerVersions = signers.map(({ usesKeyIdentifier }) => (usesKeyIdentifier ? 3 : 1));
  return {
    // PKCS #7 has one version only (RFC 2315, section 9.1).
    version: isAsn1 ? 1 : versionOf({ contentType, certificates: [], crls, signerVersions }),
    digestAlgorithms: hashes.map((hash) =>
      isAsn1 ? pkcs7DigestAlgorithm(hash) : algorithmIdentifier(hash.oid),
    ),
    contentType,
  };
}

/** The SignedData of what was signed. */
export function partsOf(plan: Plan, signed: readonly Signed[]): SignedDataParts {
  return {
    ...outlineOf(plan),
    certificates: signed.flatMap(({ certificates }) => certificates),
    crls: plan.crls,
    signerInfos: signed.map(({ signerInfo }) => encodeSignerInfo(signerInfo)),
  };
}
