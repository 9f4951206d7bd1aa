import { X509Certificate } from "node:crypto";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** What a person asks of a certificate. */
export interface CertificateText {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string;
}

/** Reads it with Node's own parser: the large one need not be loaded for this. */
export function describeCertificate(der: Uint8Array): CertificateText {
  const { subject, issuer, serialNumber, validFrom, validTo, fingerprint256 } = new X509Certificate(der);
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    serialNumber: serialNumber.toLowerCase(),
    validFrom: new Date(validFrom).toISOString(),
    validTo: new Date(validTo).toISOString(),
    fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Node puts each attribute of a name on a line of its own. */
function oneLine(name: string): string {
  return name.split("\n").join(", ");
}

/** `RSA 2048`, `EC P-256` */
export function keyText({ keyType, keySizeInBits, namedCurve }: SigningPolicy): string {
  return keyType === undefined ? "" : `${keyType} ${namedCurve ?? keySizeInBits}`;
}
