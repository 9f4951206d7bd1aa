/**
 * PAdES signatures (ETSI EN 319 142-1), levels B-B and B-T, by @signpdf/signpdf: ETSI.CAdES.detached with signing-certificate-v2
 * and without the signing time, which a PDF file has in its signature dictionary.
 *
 * The toolkit checks that the signer is of its own class, that there is one placeholder, and, once there is a signature, that it
 * fits; this adapter checks the latter, and the `SubFilter`, before anything is sent. It cannot do B-LT and B-LTA (a DSS
 * dictionary, document timestamps) or certify a file (DocMDP). The toolkit holds the file in memory several times, whatever its
 * size. Of the functions that add placeholders, -pdf-lib writes the whole file anew, for which earlier signatures do not stand;
 * -plain appends to it, and reads files with a cross-reference table only, not with a stream (`useObjectStreams: false` in
 * pdf-lib); -pdfkit is for files that pdfkit makes.
 *
 * Run with @signpdf/signpdf, utils and placeholders 3.3.0, pdf-lib 1.17.1, pdfkit 0.20.2.
 */
export { signatureLength } from "./length.js";
export type { PdfSignatureOptions } from "./options.js";
export type { PdfWithPlaceholder, PlaceholderFields } from "./sign-pdf.js";
export { signPdf } from "./sign-pdf.js";
export type { PdfSigner } from "./signer.js";
export { createSigner } from "./signer.js";
