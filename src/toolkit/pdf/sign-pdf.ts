import { loadPeer } from "../../adapter/peer.js";
import { exactCopy, isBufferSource, viewOf } from "../../base/bytes.js";
import { isSignPathError, messageOf } from "../../base/errors.js";
import { refused } from "../../cms/sign/refusal.js";
import { lengthOf } from "./length.js";
import type { PdfSignatureOptions } from "./options.js";
import { pdfSignaturePlanOf } from "./options.js";
import { SUB_FILTER } from "./placeholder.js";
import { signerOf } from "./signer.js";

/** What is to be passed on to the function that adds the placeholder. */
export interface PlaceholderFields {
  /** Bytes. @signpdf/placeholder-pdf-lib counts hexadecimal digits: give it twice the number. */
  readonly signatureLength: number;
  readonly subFilter: "ETSI.CAdES.detached";
}

/** A PDF file with a placeholder for its signature, or how it is made. */
export type PdfWithPlaceholder =
  | ArrayBuffer
  | ArrayBufferView
  | ((fields: PlaceholderFields) => Uint8Array | Promise<Uint8Array>);

/**
 * Signs a PDF file as PAdES B-B, or B-T with a `timestamp`, by @signpdf/signpdf as it is installed beside this package.
 *
 * ```ts
 * const signed = await signPdf(
 *   (fields) => plainAddPlaceholder({ pdfBuffer, reason: "Release", contactInfo: "", name: "", location: "", ...fields }),
 *   { policy, certificates, timestamp: "http://tsa.example" },
 * );
 * ```
 *
 * @param pdf - the file with a placeholder, or a function that adds one as large as it must be: of @signpdf/placeholder-plain,
 * which keeps signatures that are there, -pdf-lib or -pdfkit
 * @returns the signed file
 * @throws {SignPathError} `CONFIG_INVALID` where @signpdf/signpdf is not installed, for what is no PDF file, and where there is
 * no placeholder or it will not do; those of `signCms`. Errors of the function are passed on
 * @throws {TypeError} for a file, options or a policy that are none
 */
export async function signPdf(pdf: PdfWithPlaceholder, options: PdfSignatureOptions): Promise<Buffer> {
  const plan = pdfSignaturePlanOf(options);
  if (typeof pdf !== "function" && !isBufferSource(pdf))
    throw new TypeError("a PDF file is bytes, or a function that gives them");
  // Bytes are signed as they are at the time of the call.
  const taken = typeof pdf === "function" ? pdf : exactCopy(viewOf(pdf));
  const { SignPdf, Signer } = await loadPeer("@signpdf/signpdf", () => import("@signpdf/signpdf"));
  const made =
    typeof taken === "function"
      ? await taken({ signatureLength: await lengthOf(plan), subFilter: SUB_FILTER })
      : taken;
  if (!isBufferSource(made)) throw new TypeError("the function that adds a placeholder must give bytes");
  const { buffer, byteOffset, byteLength } = viewOf(made);
  try {
    return await new SignPdf().sign(Buffer.from(buffer, byteOffset, byteLength), signerOf(Signer, plan));
  } catch (error) {
    if (isSignPathError(error)) throw error;
    throw refused("CONFIG_INVALID", `the PDF file cannot be signed: ${messageOf(error)}`, error);
  }
}
