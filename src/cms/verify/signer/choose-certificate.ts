import type { PathResult } from "../path/build.js";
import { findPath } from "../path/build.js";
import type { Certificate } from "../path/certificate.js";
import type { Reason } from "../report.js";
import type { SignerRules } from "./rules.js";

/** A certificate that a signature may be of, and what speaks against it beside its path. */
export interface Voucher {
  readonly certificate: Certificate;
  readonly defects: readonly Reason[];
}

/** The certificate that a signature is taken to be of. */
export interface Choice {
  /** Missing where there is none at all. */
  readonly certificate?: Certificate;
  readonly found?: PathResult;
  /** Of the certificate and its path. */
  readonly defects: readonly Reason[];
}

/**
 * Finds the paths of all certificates that a signature may be of: those of one key have the same key identifier, and one of
 * them may have expired. Any good one will do, unless another one was revoked, because its key is the same. Where none is
 * good, the first one is told of.
 */
export function chooseCertificate(vouchers: readonly Voucher[], rules: SignerRules, time: Date): Choice {
  const choices = vouchers.map(({ certificate, defects }) => {
    const found = findPath(certificate, rules.anchors, rules.certificates, {
      time,
      purpose: rules.purpose,
      crls: rules.crls,
      requireRevocation: rules.requireRevocation,
      allowWeak: rules.allowWeak,
      effort: rules.effort,
    });
    return { certificate, found, defects: [...defects, ...found.reasons] };
  });
  const revoked = choices.find(({ found }) => found.revocation === "revoked");
  const good = choices.find(({ defects }) => defects.length === 0);
  return revoked ?? good ?? choices[0] ?? { defects: [] };
}
