import { loadPeer, missingPeer } from "../../../adapter/peer.js";
import { refused } from "../../../adapter/refusal.js";
import { isSignPathError, messageOf } from "../../../base/errors.js";
import type { PlaceholderFields } from "../../../toolkit/pdf/index.js";

const PACKAGES = ["@signpdf/signpdf", "@signpdf/placeholder-pdf-lib", "pdf-lib"] as const;

type PdfLib = typeof import("pdf-lib");

/** What adds placeholders for signatures. */
export interface PdfKit {
  readonly pdfLib: PdfLib;
  readonly placeholder: typeof import("@signpdf/placeholder-pdf-lib");
}

/** What is put into a file. */
export interface PlaceholderInput extends PlaceholderFields {
  readonly kit: PdfKit;
  readonly reason?: string | undefined;
  readonly location?: string | undefined;
}

/** @throws {SignPathError} `CONFIG_INVALID` where one of the packages is not installed */
export async function loadPdfKit(): Promise<PdfKit> {
  try {
    await loadPeer(PACKAGES[0], () => import("@signpdf/signpdf"));
    const placeholder = await loadPeer(PACKAGES[1], () => import("@signpdf/placeholder-pdf-lib"));
    const pdfLib = await loadPeer(PACKAGES[2], () => import("pdf-lib"));
    return { pdfLib, placeholder };
  } catch (error) {
    throw isSignPathError(error) ? missingPeer(PACKAGES, error) : error;
  }
}

/**
 * The file with room for a signature that cannot be seen. A file without signatures is written anew by pdf-lib, which knows
 * all forms of files; one that has some is appended to by @signpdf/placeholder-plain, so that they stay valid.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for a file that cannot get one; `CONFIG_INVALID` where a package is not installed
 */
export async function withPlaceholder(pdf: Buffer, input: PlaceholderInput): Promise<Buffer> {
  const before = await asReadable(() => load(pdf, input.kit));
  if (before.isSigned) return appended(pdf, before, input);
  return asReadable(async () => {
    const { reason = "", location = "", subFilter, signatureLength, kit } = input;
    if (before.fieldNames.has(FIELD_NAME))
      throw refused(`it has a field with the name ${FIELD_NAME} already`, "REQUEST_REJECTED");
    giveForm(before.document, kit);
    kit.placeholder.pdflibAddPlaceholder({
      pdfDoc: before.document,
      ...{ reason: literal(reason), location: literal(location), contactInfo: "", name: "" },
      subFilter,
      // This one counts hexadecimal digits.
      signatureLength: 2 * signatureLength,
    });
    return Buffer.from(await before.document.save({ useObjectStreams: false }));
  });
}

/** With the type that @signpdf/placeholder-plain looks for, should another signature be added one day. */
function giveForm({ catalog, context }: Loaded["document"], { pdfLib: { PDFName } }: PdfKit): void {
  if (catalog.has(PDFName.of("AcroForm"))) return;
  const form = context.obj({ Type: "AcroForm", Fields: [] });
  catalog.set(PDFName.of("AcroForm"), context.register(form));
}

/** What @signpdf/placeholder-pdf-lib calls the field. */
const FIELD_NAME = "Signature1";

interface Loaded {
  readonly document: import("pdf-lib").PDFDocument;
  readonly isSigned: boolean;
  readonly fieldNames: ReadonlySet<string>;
  /** The keys of the form, and references to its fields, to the pages, and to the notes of each. */
  readonly parts: ReadonlySet<string>;
}

/** Pages and what leads to them, and notes on all of them. */
const MOST_PARTS = 500_000;

/**
 * A page, or a part of the tree of pages, can be named again and again: two kilobytes name a thousand million of them, which
 * pdf-lib would put into a list.
 */
function requireFewPages(
  { catalog, context }: Loaded["document"],
  { PDFArray, PDFDict, PDFName }: PdfLib,
): void {
  const open = [catalog.get(PDFName.of("Pages"))];
  for (let count = 1; open.length > 0; ) {
    const part = context.lookup(open.pop());
    const list = part instanceof PDFDict ? [part.get(PDFName.of("Kids"))] : [];
    const within = part instanceof PDFArray ? part.asArray() : list;
    count += within.length;
    if (count > MOST_PARTS) throw new Error("it has too many pages");
    for (const each of within) if (each !== undefined) open.push(each);
  }
}

async function load(pdf: Buffer, { pdfLib }: PdfKit): Promise<Loaded> {
  const { PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, PDFString } = pdfLib;
  const document = await PDFDocument.load(pdf, { updateMetadata: false, throwOnInvalidObject: true });
  const form = document.catalog.lookupMaybe(PDFName.of("AcroForm"), PDFDict);
  const fields = form?.lookupMaybe(PDFName.of("Fields"), PDFArray);
  requireFewPages(document, pdfLib);
  const lists = [fields, ...document.getPages().map(({ node }) => node.Annots())];
  if (lists.reduce((sum, list) => sum + (list?.size() ?? 0), 0) > MOST_PARTS)
    throw new Error("it has too many notes or fields");
  const dictionaries = document.context
    .enumerateIndirectObjects()
    .flatMap(([, object]) => (object instanceof PDFDict ? [object] : []));
  const names = dictionaries.flatMap((each) => {
    const name = each.get(PDFName.of("T"));
    return name instanceof PDFString || name instanceof PDFHexString ? [name.decodeText()] : [];
  });
  return {
    document,
    isSigned: dictionaries.some((each) => each.has(PDFName.of("ByteRange"))),
    fieldNames: new Set(names),
    parts: new Set([
      ...(form?.keys() ?? []).map((key) => `form ${key}`),
      ...document.getPages().map(({ ref }) => `page ${ref}`),
      ...lists.flatMap((list, index) => list?.asArray().map((each) => `part of ${index}: ${each}`) ?? []),
    ]),
  };
}

async function appended(pdf: Buffer, before: Loaded, input: PlaceholderInput): Promise<Buffer> {
  const { kit, reason = "", location = "", subFilter, signatureLength } = input;
  const { plainAddPlaceholder } = await loadPeer(
    "@signpdf/placeholder-plain",
    () => import("@signpdf/placeholder-plain"),
  );
  const texts = { reason, location, contactInfo: "", name: "" };
  try {
    requirePlain(pdf);
    const result = plainAddPlaceholder({ pdfBuffer: pdf, ...texts, subFilter, signatureLength });
    requireNothingLost(before, await load(result, kit));
    return result;
  } catch (error) {
    const fact = "it has a signature already, and another one cannot be added to a file of this form";
    throw refused(`${fact}: ${messageOf(error)}`, "REQUEST_REJECTED", error);
  }
}

/** @signpdf/placeholder-plain looks for the parts of a file by their text, and may find others. */
function requireNothingLost(before: Loaded, after: Loaded): void {
  const isWhole = [...before.parts].every((part) => after.parts.has(part));
  if (!isWhole) throw new Error("pages, fields or notes would be lost, or what the form says");
}

/** What @signpdf/placeholder-plain would read wrongly without noticing. */
function requirePlain(pdf: Buffer): void {
  const text = pdf.toString("latin1");
  if (/\/Annots\s+\d+\s+\d+\s+R/.test(text)) throw new Error("its notes are a list of their own");
  if (/\/AcroForm\s*<</.test(text)) throw new Error("its form is no object of its own");
  if (/\/Type\s*\/XRef\b/.test(text)) throw new Error("it has a cross-reference stream");
}

/** What goes wrong here is the file's. */
async function asReadable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || isSignPathError(error)) throw error;
    throw refused(reasonOf(error), "REQUEST_REJECTED", error);
  }
}

function reasonOf(error: Error): string {
  if (error.constructor.name === "EncryptedPDFError") return "it is encrypted";
  // pdf-lib looks into what it has not found.
  return error instanceof TypeError ? "it is damaged, or cut off" : `it cannot be read: ${error.message}`;
}

/** Text as a literal string without its parentheses (ISO 32000-2, 7.3.4.2), which pdf-lib writes as it is. */
function literal(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.replace(/[\\()]/g, "\\$&");
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le").swap16();
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
