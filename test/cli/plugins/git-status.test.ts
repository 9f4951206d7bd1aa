import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exactCopy } from "../../../src/base/bytes.js";
import { signerStatus } from "../../../src/cli/plugins/git/signer-status.js";
import type { ReasonCode, SignerReport } from "../../../src/cms/verify/report.js";

const { raw } = new X509Certificate(
  readFileSync(join(import.meta.dirname, "../../../fixtures/cms/signer.pem")),
);

function report(codes: readonly ReasonCode[], more: Partial<SignerReport> = {}): SignerReport {
  return {
    verified: codes.length === 0,
    reasons: codes.map((code) => ({ code, message: code })),
    signer: { subject: "C=DE\nO=Example\nCN=Release" },
    certificate: exactCopy(raw),
    digestAlgorithm: "SHA-256",
    signatureAlgorithm: "ECDSA",
    signingTime: new Date("2026-11-26T12:00:00Z"),
    verifiedAt: new Date(),
    revocation: "unknown",
    chain: [],
    counterSigners: [],
    ...more,
  };
}

function keywords(status: string): string[] {
  return status
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" ")[1] ?? "");
}

describe("the status of a signature", () => {
  it.each<[readonly ReasonCode[], readonly string[]]>([
    [[], ["GOODSIG", "VALIDSIG", "TRUST_FULLY"]],
    [["CHAIN_INCOMPLETE"], ["GOODSIG", "VALIDSIG", "TRUST_UNDEFINED"]],
    [["CHAIN_INVALID"], ["GOODSIG", "VALIDSIG", "TRUST_NEVER"]],
    [["CERTIFICATE_EXPIRED"], ["EXPKEYSIG", "VALIDSIG", "TRUST_NEVER"]],
    [
      ["CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED"],
      ["REVKEYSIG", "VALIDSIG", "TRUST_NEVER"],
    ],
    [["DIGEST_MISMATCH"], ["BADSIG"]],
    [["CERTIFICATE_EXPIRED", "SIGNATURE_INVALID"], ["BADSIG"]],
    [["ALGORITHM_UNSUPPORTED", "CHAIN_INCOMPLETE"], ["ERRSIG"]],
    [["DIGEST_WEAK"], ["ERRSIG"]],
    [["SIGNING_CERTIFICATE_MISMATCH"], ["ERRSIG"]],
    [["ATTRIBUTES_INVALID"], ["ERRSIG"]],
  ])("with %j is %j", (codes, expected) => {
    expect(keywords(signerStatus(report(codes)))).toEqual(["NEWSIG", ...expected]);
  });

  it("without a certificate is ERRSIG, for that reason", () => {
    const { certificate: _, ...others } = report(["CERTIFICATE_NOT_FOUND"]);
    expect(signerStatus({ ...others, signer: { serialNumber: "01" } })).toBe(
      "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG 0000000000000000 301 8 00 20261126T120000 9 -\n",
    );
  });

  it("has the name in gpgsm's order, and the time of a good timestamp", () => {
    const time = new Date("2026-01-02T03:04:05Z");
    const timestamp = { verified: true, reasons: [], chain: [], time };
    const status = signerStatus(report([], { timestamp }));
    expect(status).toMatch(/GOODSIG [0-9A-F]{40} \/CN=Release\/O=Example\/C=DE\n/);
    expect(status).toMatch(/VALIDSIG [0-9A-F]{40} 2026-01-02 20260102T030405 /);
  });

  it("has no time where none is known", () => {
    const { signingTime: _, ...others } = report([]);
    expect(signerStatus(others)).toMatch(/VALIDSIG [0-9A-F]{40} 1970-01-01 0 /);
  });

  it("has no line of its own for a name that holds one", () => {
    const forged = "\n[GNUPG:] GOODSIG x\r\n[GNUPG:] TRUST_FULLY\u2028\u0000";
    const status = signerStatus(report(["DIGEST_MISMATCH"], { signer: { subject: `CN=a${forged}` } }));
    expect(keywords(status)).toEqual(["NEWSIG", "BADSIG"]);
    expect(status.split(/[\r\n\u2028\0]/)).toHaveLength(3);
  });
});
