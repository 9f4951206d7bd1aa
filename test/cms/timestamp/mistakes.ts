import type { Fault } from "../../../src/emulator/index.js";
import type { TimestampFailure, TimestampMistake } from "../../../src/emulator/timestamp/mistakes.js";
import type { SignPathErrorCode } from "../../../src/index.js";

/** What becomes of a timestamp with a mistake in it: its code, and some words of the message. */
export const MISTAKES: readonly (readonly [TimestampMistake, SignPathErrorCode, string])[] = [
  ["version", "INVALID_RESPONSE", "its version is 2, not 1"],
  ["imprint", "INVALID_RESPONSE", "about another digest"],
  ["hash", "INVALID_RESPONSE", "a digest by another hash"],
  ["nonce", "INVALID_RESPONSE", "it has another nonce"],
  ["no-nonce", "INVALID_RESPONSE", "does not repeat the nonce"],
  ["past", "INVALID_RESPONSE", "it is not fresh: its time is 2"],
  ["future", "INVALID_RESPONSE", "it is from the future: its time is 2"],
  ["content-type", "INVALID_RESPONSE", "about something else than a time"],
  ["no-certificate-id", "INVALID_RESPONSE", "does not name its signer's certificate"],
  ["two-signers", "INVALID_RESPONSE", "of which there must be one"],
  ["no-token", "INVALID_RESPONSE", "is granted, but there is none"],
  ["garbage", "INVALID_RESPONSE", "TimeStampResp cannot be read"],
  ["signature", "VERIFICATION_FAILED", "does not verify"],
  ["digest", "VERIFICATION_FAILED", "does not verify"],
  ["no-certificate", "VERIFICATION_FAILED", "lacks its signer's certificate"],
  ["certificate-id", "VERIFICATION_FAILED", "names another certificate"],
  ["expired", "VERIFICATION_FAILED", "expired"],
  ["usage", "VERIFICATION_FAILED", "not for timestamps alone"],
  ["more-usages", "VERIFICATION_FAILED", "not for timestamps alone"],
  ["uncritical-usage", "VERIFICATION_FAILED", "not for timestamps alone"],
];

/** The mistakes that are none unless a root or a policy is asked for. */
export const MISTAKES_BY_OPTION: readonly TimestampMistake[] = ["untrusted", "policy"];

/** What becomes of a rejection. */
export const REJECTIONS: readonly (readonly [TimestampFailure, SignPathErrorCode])[] = [
  ["badAlg", "REQUEST_REJECTED"],
  ["badRequest", "REQUEST_REJECTED"],
  ["badDataFormat", "REQUEST_REJECTED"],
  ["timeNotAvailable", "SERVICE_UNAVAILABLE"],
  ["unacceptedPolicy", "REQUEST_REJECTED"],
  ["unacceptedExtension", "REQUEST_REJECTED"],
  ["addInfoNotAvailable", "REQUEST_REJECTED"],
  ["systemFailure", "SERVICE_UNAVAILABLE"],
];

/** Every fault of the emulator's authority that a test has. */
export const TIMESTAMP_FAULTS: readonly Fault[] = [
  ...[...MISTAKES.map(([mistake]) => mistake), ...MISTAKES_BY_OPTION].map(
    (mistake) => ({ kind: "wrong-timestamp", mistake }) as const,
  ),
  ...REJECTIONS.map(([failure]) => ({ kind: "timestamp-rejection", failure, waiting: false }) as const),
  { kind: "timestamp-rejection", waiting: true },
];
