import { SignPathError } from "../../base/errors.js";
import { contradiction, refused } from "../../cms/sign/refusal.js";
import { signInMemory } from "../../cms/sign/sign-cms.js";
import { lengthOf } from "./length.js";
import type { PdfSignatureOptions, PdfSignaturePlan } from "./options.js";
import { pdfSignaturePlanOf } from "./options.js";
import type { Placeholder } from "./placeholder.js";
import { placeholderOf, SUB_FILTER } from "./placeholder.js";

/** What `SignPdf` of @signpdf/signpdf calls: `Signer` of @signpdf/utils. */
export interface PdfSigner {
  /**
   * @param pdf - the file without the placeholder
   * @returns the CMS as DER
   */
  sign(pdf: Buffer, signingTime?: Date): Promise<Buffer>;
}

/**
 * A signer for @signpdf/signpdf: PAdES B-B, or B-T with a `timestamp`.
 *
 * ```ts
 * import { SignPdf, Signer } from "@signpdf/signpdf";
 *
 * const signed = await new SignPdf().sign(pdfWithPlaceholder, createSigner(Signer, { policy, certificates }));
 * ```
 *
 * It signs as often and as many at a time as you like. Before anything is sent it looks at the placeholder of each file: one that
 * may be too small (see `signatureLength`) or that is for another kind of signature than `ETSI.CAdES.detached` is refused.
 *
 * @param Signer - the class in your copy of @signpdf/signpdf, or of @signpdf/utils: another copy's is none to `SignPdf`
 * @returns an instance of a class that extends `Signer`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`. Its `sign` rejects with those of
 * `signCms`, and `CONFIG_INVALID` for a placeholder that will not do or a `signingTime`, which PAdES has in the file's `M` only
 * @throws {TypeError} for a class, options or a policy that are none
 */
export function createSigner(Signer: new () => PdfSigner, options: PdfSignatureOptions): PdfSigner {
  const isClass = typeof Signer === "function" && typeof Signer.prototype?.sign === "function";
  if (!isClass) throw new TypeError("Signer must be the class of that name of @signpdf/signpdf");
  return signerOf(Signer, pdfSignaturePlanOf(options));
}

/** The same by a plan. */
export function signerOf(Signer: new () => PdfSigner, plan: PdfSignaturePlan): PdfSigner {
  return new (class PadesSigner extends Signer {
    override async sign(pdf: Buffer, signingTime?: Date): Promise<Buffer> {
      if (signingTime !== undefined)
        throw contradiction(
          "PAdES has no signing time in the signature: give it to the placeholder, which writes it as /M",
        );
      const placeholder = placeholderOf(pdf);
      const needed = await requireFit(placeholder, plan);
      const cms = await signInMemory(pdf, plan.cms);
      if (cms.length > placeholder.length) throw overflow(cms.length, needed, placeholder, plan);
      return Buffer.from(cms.buffer);
    }
  })();
}

/** How many bytes the signature may have, if there is room for them. */
async function requireFit({ length, subFilter }: Placeholder, plan: PdfSignaturePlan): Promise<number> {
  if (subFilter !== SUB_FILTER)
    throw contradiction(
      `the PDF's placeholder has the SubFilter ${subFilter ?? "of no signature"}: make it with subFilter "${SUB_FILTER}"`,
    );
  const needed = await lengthOf(plan);
  if (needed <= length) return needed;
  const { timestampLength } = plan;
  const share = timestampLength === undefined ? "" : `, of which timestampLength is ${timestampLength}`;
  throw refused(
    "CONFIG_INVALID",
    `the signature may take ${needed} bytes${share}, and the PDF's placeholder has room for ${length}: make it with signatureLength ${needed}, for @signpdf/placeholder-pdf-lib, which counts hexadecimal digits, ${2 * needed}. Nothing was signed`,
  );
}

/** What was reserved is enough but for a token that is longer, and for another certificate than the policy had then. */
function overflow(
  length: number,
  needed: number,
  placeholder: Placeholder,
  { timestampLength }: PdfSignaturePlan,
): SignPathError {
  const fact = `the signature has ${length} bytes, and the PDF's placeholder has room for ${placeholder.length}`;
  if (timestampLength === undefined)
    return new SignPathError(
      "CERTIFICATE_CHANGED",
      `${fact}: the policy has got another certificate, sign again`,
      { stage: "cms", retryable: true },
    );
  // The next token, and the next ECDSA signature, may be some bytes longer than these.
  const token = Math.ceil((timestampLength + length - needed + 32) / 256) * 256;
  return new SignPathError(
    "CONFIG_INVALID",
    `${fact}: its timestamp is longer than timestampLength, ${timestampLength}. Give timestampLength ${token}, and make the placeholder as signatureLength says`,
    { stage: "timestamp" },
  );
}
