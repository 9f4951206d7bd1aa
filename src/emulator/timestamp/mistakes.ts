/** The bits of PKIFailureInfo that an authority may set (RFC 3161, section 2.4.2). */
export const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;

export type TimestampFailure = keyof typeof FAILURE_BITS;

/** What can be wrong about a timestamp. */
export const TIMESTAMP_MISTAKES = [
  // What it is about
  "version",
  "imprint",
  "hash",
  "nonce",
  "no-nonce",
  "policy",
  "past",
  "future",
  "content-type",
  // Who has signed it, and how
  "signature",
  "digest",
  "no-certificate",
  "certificate-id",
  "no-certificate-id",
  "expired",
  "usage",
  "more-usages",
  "uncritical-usage",
  "untrusted",
  "two-signers",
  // What is no timestamp at all
  "no-token",
  "garbage",
] as const;

export type TimestampMistake = (typeof TIMESTAMP_MISTAKES)[number];

/** What is to go wrong with one timestamp. */
export type TimestampTrouble =
  | { readonly refuse: TimestampFailure; readonly waiting: boolean }
  | { readonly mistake: TimestampMistake };
