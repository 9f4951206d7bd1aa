/** `SignatureAlgorithm` of a hash signing payload. */
export type SignatureAlgorithm = "RsaPkcs1" | "RsaPss" | "Ecdsa";

/** `EcdsaSignatureFormat`: fixed-width r‖s (IEEE P1363, the service's default) or an ASN.1 SEQUENCE (RFC 3279). */
export type EcdsaSignatureFormat = "Ieee" | "Asn1";

/** The hashes that a signature can be asked for, by their WebCrypto names. */
export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** `rsaOptions.hashAlgorithmName` of the `SignHash` route. */
export type HashAlgorithmName = "Sha1" | "Sha256" | "Sha384" | "Sha512";

/** A hash, as each side of the API names it. */
export interface HashIdentifiers {
  readonly name: HashName;
  /** Dotted object identifier, as `RsaHashAlgorithm` has it. */
  readonly oid: string;
  readonly signHashName: HashAlgorithmName;
  /** Length of the digest in bytes. */
  readonly length: number;
}

/** Hash algorithms (RFC 8017 appendix B.1 for the object identifiers). */
export const HASHES: Readonly<Record<HashName, HashIdentifiers>> = {
  "SHA-1": { name: "SHA-1", oid: "1.3.14.3.2.26", signHashName: "Sha1", length: 20 },
  "SHA-256": { name: "SHA-256", oid: "2.16.840.1.101.3.4.2.1", signHashName: "Sha256", length: 32 },
  "SHA-384": { name: "SHA-384", oid: "2.16.840.1.101.3.4.2.2", signHashName: "Sha384", length: 48 },
  "SHA-512": { name: "SHA-512", oid: "2.16.840.1.101.3.4.2.3", signHashName: "Sha512", length: 64 },
};

/** `payload.json`, the artifact of a submission. */
export interface HashSigningPayload {
  readonly SignatureAlgorithm: SignatureAlgorithm;
  /** RSA only: the object identifier of the hash. */
  readonly RsaHashAlgorithm?: string;
  /** ECDSA only; the service takes `Ieee` where it is missing. */
  readonly EcdsaSignatureFormat?: EcdsaSignatureFormat;
  /** Standard Base64 of the digest, which is signed as it is. */
  readonly Base64EncodedHash: string;
  readonly Metadata?: unknown;
}

/** The answer to a fast signing request, and the signed artifact of an asynchronous one. */
export interface HashSigningAnswer extends Partial<HashSigningPayload> {
  /** Standard Base64. */
  readonly Signature: string;
}

/** The request body of `SignHash`. */
export interface SignHashRequest {
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly hashSigningData: {
    /** Standard Base64 of the digest. */
    readonly hash: string;
    readonly signatureAlgorithm: "Rsa" | "Ecdsa";
    readonly rsaOptions?: {
      readonly hashAlgorithmName?: HashAlgorithmName;
      readonly hashAlgorithmOid?: string;
      readonly paddingMode?: "Pkcs1" | "Pss";
    };
    readonly ecdsaOptions?: { readonly signatureFormat?: EcdsaSignatureFormat };
    readonly metadata?: unknown;
  };
}

/** The answer to `SignHash`. */
export interface SignHashAnswer {
  readonly signingRequestId: string;
  readonly webLink?: string;
  readonly hashSigningData: { readonly hash: string };
  readonly hashSigningResult: { readonly signature: string };
}

/** `status` of a signing request. */
export type SigningRequestStatus =
  | "InProgress"
  | "WaitingForApproval"
  | "Completed"
  | "Failed"
  | "Denied"
  | "Canceled";

/** The part of a signing request that both its long and its short form have. */
export interface SigningRequestState {
  readonly status: SigningRequestStatus;
  readonly workflowStatus?: string;
  readonly isFinalStatus: boolean;
}
