import type { SigningSource } from "../../policy/signing-policy.js";
import type { VerifyCmsOptions } from "./options.js";
import type { CmsVerification } from "./report.js";

/**
 * Verifies a CMS signature (RFC 5652): DER, BER or PEM, attached or detached, of any size in constant memory, with any
 * number of signers. It resolves only if the required signers' signatures are good, each by a key whose certificate has a
 * valid path (RFC 5280) to one of the roots given, at the time of the signature's timestamp (RFC 3161), of `at`, or now.
 * Errors of the sources and of `onContent` are passed on as they are.
 *
 * ```ts
 * const { signers } = await verifyCms("setup.msi.p7s", { content: "setup.msi", roots: [rootPem] });
 * ```
 *
 * @param cms - bytes, a Blob, a stream, an async iterable of bytes, or the path of a file
 * @returns the report, in which every signature that counts is good
 * @throws {CmsVerificationError} `VERIFICATION_FAILED`, with the whole report in `verification` and the reasons by code
 * @throws {SignPathError} `CONFIG_INVALID` for certificates and CRLs that cannot be read, or no roots; `ABORTED`
 * @throws {TypeError} for a source or an option that is none
 */
export async function verifyCms(cms: SigningSource, options: VerifyCmsOptions): Promise<CmsVerification> {
  // Who only signs need not have it in memory.
  const [{ planOf }, { verifySource }] = await Promise.all([
    import("./options.js"),
    import("./verify-source.js"),
  ]);
  return verifySource(cms, planOf(options));
}
