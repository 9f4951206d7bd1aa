import { createHash, X509Certificate } from "node:crypto";
import type { Html } from "./html.js";
import { facts, time } from "./parts.js";

/** What a certificate says. */
export function certificateFacts(der: Buffer): Html {
  const certificate = new X509Certificate(der);
  const fingerprint = createHash("sha256").update(der).digest("hex").toUpperCase();
  return facts([
    ["Subject", oneLine(certificate.subject)],
    ["Issuer", oneLine(certificate.issuer)],
    ["Serial number", certificate.serialNumber],
    ["Valid from (UTC)", time(new Date(certificate.validFrom))],
    ["Valid to (UTC)", time(new Date(certificate.validTo))],
    ["SHA-256 fingerprint", (fingerprint.match(/../g) ?? []).join(":")],
  ]);
}

/** A distinguished name, which Node writes in lines. */
function oneLine(name: string): string {
  return name.split("\n").join(", ");
}
