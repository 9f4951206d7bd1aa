/**
 * X.509 documents that a key in SignPath signs, made by @peculiar/x509 and pkijs: certification requests, certificates,
 * revocation lists, OCSP responses, timestamps. A policy can be a certification authority with its own certificate, or
 * with one that is given for the same key.
 *
 * What is made is returned as objects of @peculiar/x509 2 (run: 2.2) or as DER. Both are dependencies of this package. A key
 * signs with the hash of its choice only; SHA-1 is refused. What neither does: certificate policies, name constraints and
 * other extensions come from the caller, as objects of @peculiar/x509.
 *
 * @module
 */
export type { SignerChoice } from "../../adapter/choice.js";
export type {
  CertificateDetails,
  CertificateRequestOptions,
  IssueCertificateOptions,
  SelfSignedCertificateOptions,
} from "./certificates.js";
export { createCertificateRequest, createSelfSignedCertificate, issueCertificate } from "./certificates.js";
export type { DistinguishedName } from "./distinguished-name.js";
export type { AskedCertificate, CertificateStatus, OcspResponseOptions } from "./ocsp-response.js";
export { createOcspResponse } from "./ocsp-response.js";
export type { RevocationListOptions, RevokedCertificate } from "./revocation-list.js";
export { createRevocationList } from "./revocation-list.js";
export type { TimestampResponseOptions } from "./timestamp-response.js";
export { createTimestampResponse } from "./timestamp-response.js";
