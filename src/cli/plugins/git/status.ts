import { createHash, X509Certificate } from "node:crypto";
import type { Answer } from "../run.js";
import type { StatusFd } from "./arguments.js";

/** Numbers of Libgcrypt, which gpgsm writes. */
const KEY_ALGORITHMS: Readonly<Record<string, number>> = { "RSASSA-PKCS1-v1_5": 1, "RSA-PSS": 1, ECDSA: 301 };
const HASH_ALGORITHMS: Readonly<Record<string, number>> = {
  "SHA-1": 2,
  "SHA-256": 8,
  "SHA-384": 9,
  "SHA-512": 10,
};

/** A line for programs (GnuPG's doc/DETAILS, "General status codes"); no field may hold a line break. */
export function statusLine(keyword: string, ...fields: readonly (string | number)[]): string {
  return `${["[GNUPG:]", keyword, ...fields].join(" ")}\n`;
}

/** Of a signature of which neither the key is known, nor the algorithms, nor the time; 1 is GnuPG's general error. */
export const NOT_CHECKED: string =
  statusLine("NEWSIG") + statusLine("ERRSIG", "0000000000000000", 0, 0, "00", 0, 1, "-");

/** Adds status lines to what is said, where the caller reads them: on stdout (1), on stderr (2) or not at all. */
export function withStatus(status: string, statusFd: StatusFd, answer: Answer): Answer {
  if (statusFd === 1) return { ...answer, stdout: status + (answer.stdout ?? "") };
  if (statusFd === 2) return { ...answer, stderr: status + (answer.stderr ?? "") };
  return answer;
}

/** The numbers of a signature's algorithms, by their WebCrypto names; 0 for what is not known. */
export function algorithmNumbers(signature: string, digest: string): [number, number] {
  return [KEY_ALGORITHMS[signature] ?? 0, HASH_ALGORITHMS[digest] ?? 0];
}

/** What gpgsm names a certificate by: SHA-1 of its DER in hexadecimal. */
export function fingerprintOf(certificate: Uint8Array): string {
  return createHash("sha1").update(certificate).digest("hex").toUpperCase();
}

/** When a certificate expires, as {@link isoTime}. */
export function expiryOf(certificate: Uint8Array): string {
  return isoTime(new Date(new X509Certificate(certificate).validTo));
}

/** UTC to the second, as ISO 8601 has it without separators: `20261126T125204`. */
export function isoTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/[-:]/g, "");
}
