/** Content types (RFC 5652, sections 4 and 5; RFC 3161, section 2.4.2). */
export const CONTENT_TYPES = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
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
} as const;
