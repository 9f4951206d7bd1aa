import type { Reason, SignerIdentity, SignerReport, TimestampReport } from "../../cms/verify/report.js";

/** A signature's report for people: lines that may hold anything that certificates say. */
export function describeSigner(report: SignerReport, title = "signer"): string[] {
  const { signer, timestamp } = report;
  const rows: [string, string][] = [
    ["subject", nameOf(signer)],
    ["issuer", oneLine(signer.issuer) ?? "unknown"],
    ["serial number", signer.serialNumber ?? "unknown"],
    ["algorithm", `${report.signatureAlgorithm}, ${report.digestAlgorithm}`],
    ...(report.signingTime
      ? [["signing time", `${report.signingTime.toISOString()}, as the signer says`] as [string, string]]
      : []),
    ...(timestamp ? [["timestamp", describeTimestamp(timestamp)] as [string, string]] : []),
    ["certificates", certificatesLine(report)],
  ];
  return [
    `${title}: ${report.verified ? "verified" : "NOT VERIFIED"}`,
    ...rows.map(([label, text]) => `  ${label.padEnd(14)} ${text}`),
    ...describeReasons(report.reasons),
    ...report.counterSigners.flatMap((counter) =>
      describeSigner(counter, "counter-signer").map((line) => `  ${line}`),
    ),
  ];
}

function certificatesLine({ chain, verifiedAt, revocation }: SignerReport): string {
  if (chain.length === 0) return "no chain to a root";
  const status =
    revocation === "unknown" ? "revocation not checked" : revocation === "good" ? "not revoked" : "revoked";
  return `${chain.length} to a root, at ${verifiedAt.toISOString()}, ${status}`;
}

function describeTimestamp({ verified, time, authority, reasons }: TimestampReport): string {
  const when = time?.toISOString() ?? "unreadable";
  const who = authority === undefined ? "" : ` by ${nameOf(authority)}`;
  return `${when}${who}${verified ? "" : `; NOT VERIFIED: ${reasons.map(({ message }) => message).join("; ")}`}`;
}

function describeReasons(reasons: readonly Reason[]): string[] {
  return reasons.map(({ code, message }) => `  ${code}: ${oneLine(message)}`);
}

function nameOf({ subject, subjectKeyIdentifier }: SignerIdentity): string {
  return oneLine(subject) ?? (subjectKeyIdentifier === undefined ? "unknown" : `key ${subjectKeyIdentifier}`);
}

/** Names have an attribute in each line. */
function oneLine(text: string | undefined): string | undefined {
  return text?.replace(/\n/g, ", ");
}

/** The same for programs: certificates in Base64. */
export function signerAsJson(report: SignerReport): Record<string, unknown> {
  const { certificate, chain, timestamp, counterSigners, ...rest } = report;
  return {
    ...rest,
    ...(certificate && { certificate: base64(certificate) }),
    chain: chain.map(base64),
    ...(timestamp && { timestamp: { ...timestamp, chain: timestamp.chain.map(base64) } }),
    counterSigners: counterSigners.map(signerAsJson),
  };
}

function base64(der: Uint8Array): string {
  return Buffer.from(der).toString("base64");
}
