/** Content types (RFC 5652, sections 4 and 5; RFC 3161, section 2.4.2). */
export const CONTENT_TYPES = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  /** Of Authenticode. */
  spcIndirectData: "1.3.6.1.4.1.311.2.1.4",
} as const;

/** Attribute types (RFC 5652, section 11; RFC 2634 and 5035; RFC 3161, appendix A; RFC 6211; RFC 7010). */
export const ATTRIBUTES = {
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  countersignature: "1.2.840.113549.1.9.6",
  contentHint: "1.2.840.113549.1.9.16.2.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signatureTimeStampToken: "1.2.840.113549.1.9.16.2.14",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  algorithmProtection: "1.2.840.113549.1.9.52",
  /** ETSI EN 319 122-1, section 5.2.3. */
  mimeType: "0.4.0.1733.2.1",
  /** Microsoft's for the same tokens as `signatureTimeStampToken`, which Authenticode has in its place. */
  authenticodeTimeStampToken: "1.3.6.1.4.1.311.3.3.1",
} as const;

/** The unsigned attribute that holds the timestamp token of a signature over content of a type. */
export function timestampAttributeOf(contentType: string): string {
  return contentType === CONTENT_TYPES.spcIndirectData
    ? ATTRIBUTES.authenticodeTimeStampToken
    : ATTRIBUTES.signatureTimeStampToken;
}

/** Formats of revocation information that is no CRL (RFC 5940, section 2.2). */
export const REVOCATION_INFO = {
  ocspResponse: "1.3.6.1.5.5.7.16.2",
} as const;

/** Extensions of certificates (RFC 5280, sections 4.2.1.2 and 4.2.2.1), and a method of access (section 4.2.2.1). */
export const EXTENSIONS = {
  subjectKeyIdentifier: "2.5.29.14",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  caIssuers: "1.3.6.1.5.5.7.48.2",
} as const;
