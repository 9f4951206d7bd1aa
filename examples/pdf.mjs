// Signs a PDF file as PAdES by @signpdf/signpdf, into signed.pdf: node pdf.mjs [PROJECT/POLICY [FILE.pdf [ISSUERS.pem...]]]
import { readFile, writeFile } from "node:fs/promises";
import { pdflibAddPlaceholder } from "@signpdf/placeholder-pdf-lib";
import { plainAddPlaceholder } from "@signpdf/placeholder-plain";
import { Signer, SignPdf } from "@signpdf/signpdf";
import { PDFDocument, rgb } from "pdf-lib";
import { SignPath } from "signpath-webcrypto";
import { createSigner, signatureLength } from "signpath-webcrypto/pdf";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const fallback = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const [reference = fallback, file, ...issuers] = process.argv.slice(2);
const about = {
  reason: "Release",
  contactInfo: "releases@example.com",
  name: "Example Ltd.",
  location: "Vienna",
};

const signpath = new SignPath();
const options = {
  policy: await signpath.policy(reference),
  certificates: await Promise.all(issuers.map((path) => readFile(path))),
  timestamp: process.env.SIGNPATH_TIMESTAMP_URLS?.split(/\s+/), // with one it is PAdES B-T
};
const fields = { signatureLength: await signatureLength(options), subFilter: "ETSI.CAdES.detached" };
const pdf = file === undefined ? await newPage(fields) : await fromFile(fields);
const signed = await new SignPdf().sign(pdf, createSigner(Signer, options));
await signpath.close();

await writeFile("signed.pdf", signed);
console.log("signed.pdf; to verify it: pdfsig -nocert signed.pdf");

/** Appends to a file: the signatures that it has already stay valid. */
async function fromFile(fields) {
  return plainAddPlaceholder({ pdfBuffer: await readFile(file), ...about, ...fields });
}

/** A page with a field for the signature that can be seen. */
async function newPage({ signatureLength, subFilter }) {
  const pdfDoc = await PDFDocument.create();
  const page = pdfDoc.addPage([400, 300]);
  page.drawText(`Signed by ${reference}`, { x: 60, y: 75, size: 14 });
  page.drawRectangle({ x: 50, y: 50, width: 300, height: 60, borderColor: rgb(0, 0, 0) });
  pdflibAddPlaceholder({
    pdfPage: page,
    ...about,
    subFilter,
    signatureLength: 2 * signatureLength, // this kit counts hexadecimal digits
    widgetRect: [50, 50, 350, 110],
  });
  return pdfDoc.save();
}
