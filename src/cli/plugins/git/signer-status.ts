import type { ReasonCode, SignerReport } from "../../../cms/verify/report.js";
import { visible } from "../../shell/output.js";
import { algorithmNumbers, expiryOf, fingerprintOf, isoTime, statusLine } from "./status.js";

/** The content or the signature is another one. */
const BAD: readonly ReasonCode[] = ["DIGEST_MISMATCH", "SIGNATURE_INVALID"];
/** The signature is good, and the certificate is not. */
const OF_CERTIFICATES: readonly ReasonCode[] = [
  ...(["CHAIN_INCOMPLETE", "CHAIN_INVALID", "REVOCATION_UNKNOWN"] as const),
  ...(["CERTIFICATE_EXPIRED", "CERTIFICATE_NOT_YET_VALID", "CERTIFICATE_REVOKED"] as const),
];

const ORDER: readonly string[] = ["CN", "OU", "O", "street", "L", "ST", "C"];

/** GnuPG's reasons for ERRSIG. */
const MISSING_CERTIFICATE = 9;
const OTHER_ERROR = 1;

/**
 * What git reads of one signature, as gpgsm says it: GOODSIG with the trust in the certificate, EXPKEYSIG and REVKEYSIG
 * for one that has expired or is revoked, BADSIG, or ERRSIG for what could not be checked.
 */
export function signerStatus(report: SignerReport): string {
  return statusLine("NEWSIG") + verdict(report);
}

function verdict(report: SignerReport): string {
  const { certificate, signer, verified } = report;
  const codes = report.reasons.map(({ code }) => code);
  const numbers = algorithmNumbers(report.signatureAlgorithm, report.digestAlgorithm);
  const time = signedAt(report);
  if (certificate === undefined) {
    const key = signer.subjectKeyIdentifier?.toUpperCase() ?? "0000000000000000";
    return statusLine("ERRSIG", key, ...numbers, "00", time, MISSING_CERTIFICATE, "-");
  }
  const fingerprint = fingerprintOf(certificate);
  const who = [fingerprint, nameOf(signer.subject)];
  if (codes.some((code) => BAD.includes(code))) return statusLine("BADSIG", ...who);
  if (codes.some((code) => !OF_CERTIFICATES.includes(code)))
    return statusLine("ERRSIG", fingerprint, ...numbers, "00", time, OTHER_ERROR, fingerprint);
  const day = time === "0" ? "1970-01-01" : time.replace(/^(\d{4})(\d\d)(\d\d).*$/, "$1-$2-$3");
  const valid = [fingerprint, day, time, expiryOf(certificate), 0, 0, ...numbers, "00"];
  return statusLine(keywordOf(codes), ...who) + statusLine("VALIDSIG", ...valid) + trustIn(verified, codes);
}

function keywordOf(codes: readonly ReasonCode[]): string {
  if (codes.includes("CERTIFICATE_REVOKED")) return "REVKEYSIG";
  return codes.includes("CERTIFICATE_EXPIRED") ? "EXPKEYSIG" : "GOODSIG";
}

function trustIn(verified: boolean, codes: readonly ReasonCode[]): string {
  if (verified) return statusLine("TRUST_FULLY", 0, "shell");
  return statusLine(codes.every((code) => code === "CHAIN_INCOMPLETE") ? "TRUST_UNDEFINED" : "TRUST_NEVER");
}

/** What a good timestamp says, else the signer. */
function signedAt({ timestamp, signingTime }: SignerReport): string {
  const time = timestamp?.verified ? timestamp.time : signingTime;
  return time === undefined ? "0" : isoTime(time);
}

/** On one line, in the order in which gpgsm writes names: `/CN=Release/OU=Builds/O=Example/C=DE`, and others after these. */
function nameOf(subject: string | undefined): string {
  const attributes = (subject ?? "").split("\n").sort((a, b) => rankOf(a) - rankOf(b));
  return visible(attributes.map((attribute) => `/${attribute}`).join(""));
}

function rankOf(attribute: string): number {
  const index = ORDER.indexOf(attribute.split("=", 1)[0] ?? "");
  return index < 0 ? ORDER.length : index;
}
