import type { Bytes } from "../../base/bytes.js";
import { concatAll } from "../../base/bytes.js";
import type { SigningSource } from "../../policy/signing-policy.js";
import type { VerifyCmsOptions } from "./options.js";
import { planOf } from "./options.js";
import type { CmsVerification } from "./report.js";
import { verifySource } from "./verify-source.js";

/** What was verified, with the content. */
export interface SignedDataVerification extends CmsVerification {
  /** What was signed, where it is in the SignedData. */
  readonly content?: Bytes;
}

/**
 * The same as `verifyCms` for a SignedData in memory, DER, BER or PEM, whose attached content is given back.
 *
 * @throws {CmsVerificationError} `VERIFICATION_FAILED`
 * @throws {SignPathError} `CONFIG_INVALID` for certificates and CRLs that cannot be read, or no roots; `ABORTED`
 */
export async function verifySignedData(
  der: Uint8Array,
  options: Omit<VerifyCmsOptions, "content" | "onContent"> & { readonly content?: SigningSource | undefined },
): Promise<SignedDataVerification> {
  const pieces: Uint8Array[] = [];
  const plan = planOf({
    ...options,
    onContent: (chunk) => {
      pieces.push(Uint8Array.from(chunk));
    },
  });
  const verification = await verifySource(der, plan);
  return options.content === undefined ? { ...verification, content: concatAll(pieces) } : verification;
}
