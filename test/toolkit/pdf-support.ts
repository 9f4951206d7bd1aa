import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pdflibAddPlaceholder } from "@signpdf/placeholder-pdf-lib";
import { pdfkitAddPlaceholder } from "@signpdf/placeholder-pdfkit";
import { plainAddPlaceholder } from "@signpdf/placeholder-plain";
import { PDFDocument } from "pdf-lib";
import PdfKitDocument from "pdfkit";
import type { PlaceholderFields } from "../../src/toolkit/pdf/index.js";
import { run } from "../support/run.js";
import { temporaryFolder } from "../support/temporary.js";
import type { ToolkitTest } from "../support/toolkit-row.js";
import { toolkitTest } from "../support/toolkit-row.js";
import { pathOf } from "../support/verifiers.js";

/** What people are told about a signature; the kits want all of it. */
export const TEXTS = {
  reason: "Release 1.0 (final)",
  contactInfo: "releases@example.com",
  name: "Example Ltd.",
  location: "Vienna",
};
const folder = temporaryFolder();
let number = 0;

/** In points, from the lower left corner. */
const VISIBLE = [50, 50, 250, 110];

/** A file of one page without a signature, which @signpdf/placeholder-plain can read. */
export async function plainPdf(text = "A page that is to be signed"): Promise<Buffer> {
  const document = await PDFDocument.create();
  document.addPage([400, 300]).drawText(text, { x: 50, y: 200, size: 14 });
  return Buffer.from(await document.save({ useObjectStreams: false }));
}

/** Makes a file with a placeholder, whose fields are the kit's own where they are left out. */
export type Maker = (fields?: Partial<PlaceholderFields>) => Promise<Buffer>;

/** A kit that adds placeholders. */
export interface Kit {
  /** What the table of toolkits calls it: the package that people make their files with. */
  readonly toolkit: string;
  readonly use: string;
  readonly invisible: Maker;
  readonly visible: Maker;
}

const HIDDEN = [0, 0, 0, 0];

export const PLAIN: Kit = {
  toolkit: "@signpdf/signpdf",
  use: "`signPdf` or `createSigner`; @signpdf/placeholder-plain",
  invisible: (fields) => withPlain(fields, HIDDEN),
  visible: (fields) => withPlain(fields, VISIBLE),
};

export const KITS: readonly Kit[] = [
  PLAIN,
  {
    toolkit: "pdf-lib",
    use: "`signPdf`; @signpdf/placeholder-pdf-lib",
    invisible: (fields) => withPdfLib(fields, HIDDEN),
    visible: (fields) => withPdfLib(fields, VISIBLE),
  },
  {
    toolkit: "pdfkit",
    use: "`signPdf`; @signpdf/placeholder-pdfkit",
    invisible: (fields) => withPdfKit(fields, HIDDEN),
    visible: (fields) => withPdfKit(fields, VISIBLE),
  },
];

/** The `test` of a kit's row in the table of toolkits. */
export function pdfTest({ toolkit, use }: Kit): ToolkitTest {
  const verifiedBy = ["`pdfsig`", "`openssl cms -cades`"];
  return toolkitTest({ subpath: "/pdf", toolkit, use, verifiers: ["pdfsig", "openssl"], verifiedBy });
}

/** Adds a placeholder to a file by @signpdf/placeholder-plain, which appends it. */
export function addPlain(pdfBuffer: Buffer): Maker {
  return async (fields = {}) => plainAddPlaceholder({ pdfBuffer, ...TEXTS, ...fields });
}

async function withPlain(fields: Partial<PlaceholderFields> = {}, widgetRect: number[]): Promise<Buffer> {
  return plainAddPlaceholder({ pdfBuffer: await plainPdf(), ...TEXTS, ...fields, widgetRect });
}

async function withPdfLib(
  { signatureLength, subFilter }: Partial<PlaceholderFields> = {},
  widgetRect: number[],
): Promise<Buffer> {
  const pdfDoc = await PDFDocument.load(await plainPdf());
  pdflibAddPlaceholder({
    pdfDoc,
    ...TEXTS,
    widgetRect,
    ...(subFilter !== undefined && { subFilter }),
    ...(signatureLength !== undefined && { signatureLength: 2 * signatureLength }),
  });
  // What is seen has the older form of a file, with a table: @signpdf/placeholder-plain reads no other.
  return Buffer.from(await pdfDoc.save({ useObjectStreams: widgetRect === HIDDEN }));
}

async function withPdfKit(fields: Partial<PlaceholderFields> = {}, widgetRect: number[]): Promise<Buffer> {
  const pdf = new PdfKitDocument({ size: [400, 300] });
  const chunks: Buffer[] = [];
  pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
  pdf.text("A page that is to be signed", 50, 80);
  pdfkitAddPlaceholder({ pdf, pdfBuffer: Buffer.alloc(0), ...TEXTS, ...fields, widgetRect });
  const ended = once(pdf, "end");
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

/** A signature in a file: its bytes, and those that it covers. */
export interface Extracted {
  /** DER, without the zeros that fill the placeholder. */
  readonly cms: Buffer;
  readonly covered: Buffer;
  /** Where the signature's digits begin in the file, and how many there are. */
  readonly begin: number;
  readonly digits: number;
}

/** The signatures of a file in their order, by their byte ranges. */
export function signaturesIn(pdf: Buffer): Extracted[] {
  const ranges = pdf.toString("latin1").matchAll(/\/ByteRange \[0 (\d+) (\d+) (\d+)\s*\]/g);
  return [...ranges].map(([, ...numbers]) => {
    const [before = 0, resumes = 0, after = 0] = numbers.map(Number);
    const padded = Buffer.from(pdf.toString("latin1", before + 1, resumes - 1), "hex");
    // A SignedData is longer than 255 bytes and shorter than 65536: 30 82 and its length.
    const cms = padded.subarray(0, 4 + padded.readUInt16BE(2));
    const covered = Buffer.concat([pdf.subarray(0, before), pdf.subarray(resumes, resumes + after)]);
    return { cms, covered, begin: before + 1, digits: resumes - before - 2 };
  });
}

/** What pdfsig says of one signature. */
export interface PdfsigSignature {
  /** For example `ETSI.CAdES.detached`. */
  readonly type: string;
  /** For example `Signature is Valid.` */
  readonly validation: string;
  readonly hash: string;
  /** Whether it covers the whole file. */
  readonly isTotal: boolean;
  readonly signerCommonName: string;
}

/** Lets pdfsig of poppler look at a file. It is not asked whom it trusts, which takes a database of NSS: openssl is. */
export async function pdfsig(pdf: Uint8Array): Promise<PdfsigSignature[]> {
  number += 1;
  const path = join(folder, `${number}.pdf`);
  await writeFile(path, pdf);
  const { stdout } = await run(pathOf("pdfsig"), ["-nocert", path]);
  const [, ...signatures] = stdout.split(/^Signature #\d+:$/m);
  return signatures.map((text) => {
    const field = (name: string): string => new RegExp(`^ *- ${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
    return {
      type: field("Signature Type"),
      validation: field("Signature Validation"),
      hash: field("Signing Hash Algorithm"),
      isTotal: text.includes("Total document signed"),
      signerCommonName: field("Signer Certificate Common Name"),
    };
  });
}

/** A signature that covers the whole file and is good, as pdfsig sees it. */
export function good(slug: string, hash: string): PdfsigSignature {
  const [type, validation] = ["ETSI.CAdES.detached", "Signature is Valid."];
  return { type, validation, hash, isTotal: true, signerCommonName: slug };
}

/** With another text in the dictionary of its last signature, which is covered by that. */
export function withOtherReason(pdf: Buffer): Buffer {
  const copy = Buffer.from(pdf);
  copy.write("Selease", copy.lastIndexOf("(Release 1.0") + 1);
  return copy;
}

/** With the last bit of a CMS, that of its signature if it has no timestamp, turned over. */
export function withOtherSignature(pdf: Buffer, { begin, cms }: Extracted): Buffer {
  const copy = Buffer.from(pdf);
  const last = (cms.at(-1) ?? 0) ^ 1;
  copy.write(last.toString(16).padStart(2, "0"), begin + 2 * cms.length - 2);
  return copy;
}
