import { longestDetached } from "../../cms/sign/longest.js";
import type { PdfSignatureOptions, PdfSignaturePlan } from "./options.js";
import { pdfSignaturePlanOf } from "./options.js";

/**
 * How many bytes a placeholder must have for a signature by these options: the CMS as it will be, with the certificates that go
 * in, an upper bound of an ECDSA signature, and `timestampLength` for a timestamp. Nothing is signed; with `aia`, missing
 * issuers are fetched.
 *
 * ```ts
 * const length = await signatureLength({ policy, certificates, timestamp });
 * plainAddPlaceholder({ pdfBuffer, ...about, signatureLength: length, subFilter: "ETSI.CAdES.detached" });
 * ```
 *
 * @returns bytes, as `signatureLength` of @signpdf/placeholder-plain and -pdfkit counts them; @signpdf/placeholder-pdf-lib counts
 * hexadecimal digits and needs twice the number
 * @throws {SignPathError} as `signCms` does before anything is signed
 */
export async function signatureLength(options: PdfSignatureOptions): Promise<number> {
  return lengthOf(pdfSignaturePlanOf(options));
}

/** The same by a plan. */
export function lengthOf({ cms, timestampLength }: PdfSignaturePlan): Promise<number> {
  return longestDetached(cms, timestampLength);
}
