import { contradiction } from "../../cms/sign/refusal.js";

/** What the signature dictionary must name: a detached CMS signature as PAdES has it (ISO 32000-2, 12.8.3.4). */
export const SUB_FILTER = "ETSI.CAdES.detached";

/** The room that a PDF file has for its signature. */
export interface Placeholder {
  /** Bytes; in the file each takes two hexadecimal digits. */
  readonly length: number;
  /** The signature dictionary's `SubFilter`; `undefined` where there is none. */
  readonly subFilter: string | undefined;
}

/** ISO 32000-2, 12.8.1: offset and length of what is before the signature, and of what is after it. */
const BYTE_RANGE = /^\/ByteRange\s*\[\s*0\s+(\d{1,15})\s+(\d{1,15})\s+(\d{1,15})\s*\]/;
const LONGEST_BYTE_RANGE = 120;
/** A signature dictionary without its signature has text for people, and seldom a picture. */
const LONGEST_DICTIONARY = 1 << 16;

/**
 * The placeholder of the file that @signpdf/signpdf hands over to be signed: the placeholder itself is cut out, and the byte
 * range, which is in its place already, tells how long it was.
 *
 * @throws {SignPathError} `CONFIG_INVALID` where there is none, or more than one
 */
export function placeholderOf(pdf: Buffer): Placeholder {
  const found: Placeholder[] = [];
  for (
    let at = pdf.indexOf("/ByteRange");
    at >= 0 && found.length < 2;
    at = pdf.indexOf("/ByteRange", at + 1)
  ) {
    const length = lengthAt(pdf, at);
    if (length !== undefined) found.push({ length, subFilter: subFilterAt(pdf, at) });
  }
  const [placeholder, another] = found;
  if (placeholder === undefined)
    throw contradiction(
      "the bytes to sign have no /ByteRange that covers them: sign with SignPdf of @signpdf/signpdf, which puts it there",
    );
  if (another !== undefined)
    throw contradiction("the PDF has several signatures that claim to cover all of it");
  return placeholder;
}

/** How many bytes of signature a byte range leaves out, if it covers all that is there. */
function lengthAt(pdf: Buffer, position: number): number | undefined {
  const text = pdf.toString("latin1", position, position + LONGEST_BYTE_RANGE);
  const [match, ...numbers] = BYTE_RANGE.exec(text) ?? [];
  const [before = 0, resumes = 0, after = 0] = numbers.map(Number);
  const coversAll = before + after === pdf.length && before > position && resumes >= before + 2;
  return match !== undefined && coversAll ? Math.floor((resumes - before - 2) / 2) : undefined;
}

/** Of the dictionary around a position. */
function subFilterAt(pdf: Buffer, position: number): string | undefined {
  const before = pdf.toString("latin1", Math.max(position - LONGEST_DICTIONARY, 0), position);
  const after = pdf.toString("latin1", position, position + LONGEST_DICTIONARY);
  const end = after.indexOf("endobj");
  const dictionary = before.slice(before.lastIndexOf(" obj") + 1) + after.slice(0, end < 0 ? undefined : end);
  // What people have written into it is not part of its structure.
  // A text that does not end is passed over as well, so that no part of it is looked through again.
  const structure = dictionary.replace(/\((?:\\[\s\S]|[^\\()])*(\)?)/g, (text, end) =>
    end === "" ? text : "()",
  );
  return /\/SubFilter\s*\/([^\s/<>[\]()]+)/.exec(structure)?.[1];
}
