import type { Bytes } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";

/** Why a signature is not accepted, for programs: messages may change, these do not. */
export type ReasonCode =
  /** It cannot be read as RFC 5652 has it, or is too large. */
  | "MALFORMED"
  | "NO_SIGNERS"
  /** There is neither content in it nor one given, or both. */
  | "CONTENT_MISSING"
  | "CONTENT_AMBIGUOUS"
  /** The signer's certificate is neither in it nor among those given. */
  | "CERTIFICATE_NOT_FOUND"
  /** A hash that is weak (SHA-1, MD5), or one that this package does not know. */
  | "DIGEST_WEAK"
  | "ALGORITHM_UNSUPPORTED"
  /** Algorithms or parameters contradict each other. */
  | "ALGORITHM_MISMATCH"
  /** A signed attribute is missing, doubled, malformed or not signed. */
  | "ATTRIBUTES_INVALID"
  | "CONTENT_TYPE_MISMATCH"
  /** The content is another one than was signed. */
  | "DIGEST_MISMATCH"
  | "SIGNATURE_INVALID"
  /** The attribute signing-certificate names another certificate. */
  | "SIGNING_CERTIFICATE_MISMATCH"
  /** A key that is too short or of an unknown kind. */
  | "KEY_UNSUITABLE"
  /** No chain of certificates leads to a root that was given. */
  | "CHAIN_INCOMPLETE"
  /** There is one, but a certificate in it may not be used so. */
  | "CHAIN_INVALID"
  | "CERTIFICATE_EXPIRED"
  | "CERTIFICATE_NOT_YET_VALID"
  | "CERTIFICATE_REVOKED"
  | "REVOCATION_UNKNOWN"
  /** A timestamp was asked for, and there is none, or none that is good. */
  | "TIMESTAMP_MISSING"
  | "TIMESTAMP_INVALID";

/** One reason why a signature is not accepted. */
export interface Reason {
  readonly code: ReasonCode;
  /** For people. */
  readonly message: string;
}

/** Who signed: what the signature itself says, and from the certificate what it does not. */
export interface SignerIdentity {
  /** Distinguished names, one attribute per line as OpenSSL writes them. */
  readonly subject?: string;
  readonly issuer?: string;
  /** In hexadecimal. */
  readonly serialNumber?: string;
  readonly subjectKeyIdentifier?: string;
}

/** A timestamp (RFC 3161) over a signature. */
export interface TimestampReport {
  readonly verified: boolean;
  readonly reasons: readonly Reason[];
  /** When the authority says that it had the signature; not to be relied on unless {@link verified}. */
  readonly time?: Date;
  readonly authority?: SignerIdentity;
  /** In hexadecimal. */
  readonly serialNumber?: string;
  /** Object identifier of the authority's policy. */
  readonly policy?: string;
  /** DER, the authority's own certificate first. */
  readonly chain: readonly Bytes[];
}

/** What is known of one signature. */
export interface SignerReport {
  readonly verified: boolean;
  /** Why it is not; empty where it is. */
  readonly reasons: readonly Reason[];
  readonly signer: SignerIdentity;
  /** DER. */
  readonly certificate?: Bytes;
  /** By the usual names (`SHA-256`, `RSASSA-PKCS1-v1_5`, `ECDSA`), or the object identifier. */
  readonly digestAlgorithm: string;
  readonly signatureAlgorithm: string;
  /** What the signer says; nothing vouches for it. */
  readonly signingTime?: Date;
  /** The timestamp that counts, or the first one where none is good. */
  readonly timestamp?: TimestampReport;
  /** The time that the certificates had to be valid at. */
  readonly verifiedAt: Date;
  /** `"good"` where a CRL vouches for each certificate of the chain below its root. */
  readonly revocation: "good" | "revoked" | "unknown";
  /** DER, the signer's certificate first and a root that was given last; empty where there is no such chain. */
  readonly chain: readonly Bytes[];
  /** Signatures over this signature (RFC 5652, section 11.4); they do not decide about {@link verified}. */
  readonly counterSigners: readonly SignerReport[];
}

/** What is known of a SignedData. */
export interface CmsVerification {
  /** Object identifier. */
  readonly contentType: string;
  readonly signers: readonly SignerReport[];
  /** DER of every certificate in it. */
  readonly certificates: readonly Bytes[];
}

/** A signature that is not accepted: `VERIFICATION_FAILED`, with all that is known. */
export class CmsVerificationError extends SignPathError {
  /** Why not, of all signers together. */
  readonly reasons: readonly Reason[];
  /** Missing where the signature could not be read that far. */
  declare readonly verification?: CmsVerification;

  /**
   * Errors are made by `verifyCms`; to make one is for tests of code that handles them.
   *
   * @param message - for people
   * @param reasons - why not, of all signers together
   * @param verification - the whole report, where the signature could be read that far
   * @param cause - what was behind it
   */
  constructor(
    message: string,
    reasons: readonly Reason[],
    verification?: CmsVerification | undefined,
    cause?: unknown,
  ) {
    super("VERIFICATION_FAILED", message, { stage: "verify", cause });
    this.reasons = reasons;
    if (verification !== undefined) this.verification = verification;
  }

  /**
   * The error as plain data.
   *
   * @returns as of a `SignPathError`, with the reasons
   */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), reasons: this.reasons };
  }
}
