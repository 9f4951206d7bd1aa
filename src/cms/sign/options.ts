import type { CallOptions } from "../../api/transport/request.js";
import type { SignPathError } from "../../base/errors.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";
import type { TimestampChoice } from "../timestamp/stamper.js";
import type { AttributeInput, ContentHint } from "./attribute-input.js";
import type { AiaOptions } from "./chain/aia-plan.js";
import type { ProfileName } from "./profiles.js";
import type { RevocationInput } from "./revocation.js";

/** How one signer signs. */
export interface CmsSigner {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Hash of the content and of the signed attributes. Default: `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Padding of an RSA signature. Default: `"pkcs1"`. */
  readonly padding?: "pkcs1" | "pss" | undefined;
  /** What names the certificate (RFC 5652, section 5.3). Default: `"issuerAndSerialNumber"`. */
  readonly signerIdentifier?: "issuerAndSerialNumber" | "subjectKeyIdentifier" | undefined;
  /**
   * Which attributes there must and may be. `"cades-b"`, `"cades-t"`: ETSI EN 319 122-1, the latter with a `timestamp`;
   * `"pades"`: for a PDF file, without the signing time. Default: `"cms"`, RFC 5652 with what CAdES asks for.
   */
  readonly profile?: ProfileName | undefined;
  /** `false` signs the digest of the content itself (RFC 5652, section 5.4), which must then be id-data. Default: `true`. */
  readonly signedAttributes?: boolean | undefined;
  /** The signing time attribute, to the second. Default: now; `false` leaves it out. */
  readonly signingTime?: Date | false | undefined;
  /** The attribute signing-certificate-v2 (RFC 5035). Default: `true`; Authenticode has none. */
  readonly signingCertificate?: boolean | undefined;
  /** More signed attributes. */
  readonly attributes?: Iterable<AttributeInput> | undefined;
  /** The attribute content-hints (RFC 2634, section 2.9). */
  readonly contentHint?: ContentHint | undefined;
  /** The attribute mime-type (ETSI EN 319 122-1, section 5.2.3), as `"application/pdf"`. */
  readonly mimeType?: string | undefined;
  /** The attribute CMSAlgorithmProtection (RFC 6211). Default: `false`. */
  readonly algorithmProtection?: boolean | undefined;
}

/** Which certificates go into a signature. */
export interface CertificateOptions {
  /**
   * Issuers to include beside the policy's certificate: PEM bundles, DER or certificate objects. Those that are not part of
   * its chain are left out; the root too, because who verifies must have it anyway.
   */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** Include the root as well, where it is among the `certificates`. Default: `false`. */
  readonly includeRoot?: boolean | undefined;
  /**
   * Fetch issuers that are missing from the addresses in the certificates (caIssuers, RFC 5280, section 4.2.2.1), http or
   * https, within limits. Default: `false`.
   */
  readonly aia?: boolean | AiaOptions | undefined;
  /**
   * What to do where the chain, of the `certificates` given and fetched, does not reach a self-signed one: nothing, tell `onWarning`,
   * or fail with `CHAIN_INCOMPLETE` before anything is signed. Default: `"ignore"`.
   */
  readonly incompleteChain?: "ignore" | "warn" | "error" | undefined;
  /** Hears of what went wrong without ending the call. */
  readonly onWarning?: ((error: SignPathError) => void) | undefined;
}

/** Timestamps (RFC 3161) of the signatures that are made. */
export interface TimestampChoices {
  /** Authorities to ask, or more about them. Default: no timestamp. */
  readonly timestamp?: TimestampChoice | undefined;
  /**
   * Where no authority gives a timestamp: fail with `TIMESTAMP_FAILED`, which has the signature without it in `cms` for
   * `stampCms`; or give that and tell `onWarning`. Default: `"throw"`.
   */
  readonly onTimestampFailure?: "throw" | "unstamped" | undefined;
}

/** How to make a CMS signature: by one signer, or by several `signers`, for whom what is said here of one is the default. */
export interface SignCmsOptions
  extends CallOptions,
    Partial<CmsSigner>,
    CertificateOptions,
    TimestampChoices {
  /** In place of `policy`: all sign at the same time, over one reading of the source. */
  readonly signers?: Iterable<CmsSigner> | undefined;
  /** Leave the content out of the result. Default: `true`. */
  readonly detached?: boolean | undefined;
  /**
   * Of attached content: DER, or BER of indefinite length, for which the content is read only once. Default: `"der"`;
   * from `signCmsStream` `"ber"` for a source that cannot be read twice.
   */
  readonly encoding?: "der" | "ber" | undefined;
  /** Object identifier of the content's type. Default: id-data, `"1.2.840.113549.1.7.1"`. */
  readonly contentType?: string | undefined;
  /**
   * How content that is not id-data stands in the signature. `"octet-string"`: in an OCTET STRING, as RFC 5652 has it.
   * `"asn1"`: as PKCS #7 (RFC 2315, section 9.1) and Authenticode have it: the source is one DER value, stands there as it
   * is, and is hashed without its tag and length. Default: `"octet-string"`.
   */
  readonly contentEncoding?: "octet-string" | "asn1" | undefined;
  /** Certificate revocation lists to include: PEM or DER. */
  readonly crls?: Iterable<RevocationInput> | undefined;
  /** OCSP responses to include (RFC 5940): DER. */
  readonly ocspResponses?: Iterable<RevocationInput> | undefined;
}
