import { parseParameters } from "./parameters.js";

/** One part of a `multipart/form-data` body (RFC 7578). */
export interface Part {
  readonly name: string;
  /** `undefined`: a field, not a file. */
  readonly fileName: string | undefined;
  readonly content: Buffer;
}

/** A body that is not the `multipart/form-data` that its header says. */
export class MultipartError extends Error {
  override readonly name = "MultipartError";
}

const MAX_PARTS = 100;
const MAX_HEADER_BYTES = 8192;
/** RFC 2046, section 5.1.1. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/;
const CRLF = Buffer.from("\r\n");
const BLANK_LINE = Buffer.from("\r\n\r\n");
const DASH = 0x2d;

/**
 * Splits a body at its boundary, in one pass. Names stay values in a list: none becomes a property.
 *
 * @throws MultipartError
 */
export function parseMultipart(body: Buffer, boundary: string): Part[] {
  if (!BOUNDARY.test(boundary)) throw new MultipartError("The boundary is invalid.");
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  let at = afterFirstDelimiter(body, delimiter);
  while (!isClosing(body, at)) {
    if (parts.length === MAX_PARTS) throw new MultipartError(`There are more than ${MAX_PARTS} parts.`);
    const headersStart = afterLineEnd(body, at);
    const headersEnd = body.indexOf(BLANK_LINE, headersStart);
    if (headersEnd === -1 || headersEnd - headersStart > MAX_HEADER_BYTES) {
      throw new MultipartError("The headers of a part do not end.");
    }
    const disposition = dispositionOf(body.toString("utf8", headersStart, headersEnd));
    const contentStart = headersEnd + BLANK_LINE.length;
    const contentEnd = body.indexOf(delimiter, contentStart);
    if (contentEnd === -1) throw new MultipartError("The last boundary is missing.");
    parts.push({ ...disposition, content: body.subarray(contentStart, contentEnd) });
    at = contentEnd + delimiter.length;
  }
  return parts;
}

function afterFirstDelimiter(body: Buffer, delimiter: Buffer): number {
  const bare = delimiter.subarray(CRLF.length);
  if (body.subarray(0, bare.length).equals(bare)) return bare.length;
  const found = body.indexOf(delimiter);
  if (found === -1) throw new MultipartError("The boundary of the header does not occur.");
  return found + delimiter.length;
}

/** Whether the delimiter that ends at `at` is the last one: `--`, and then nothing or a new line. */
function isClosing(body: Buffer, at: number): boolean {
  if (body[at] !== DASH || body[at + 1] !== DASH) return false;
  const end = afterPadding(body, at + 2);
  if (end !== body.length) afterLineEnd(body, end);
  return true;
}

function afterLineEnd(body: Buffer, at: number): number {
  const end = afterPadding(body, at);
  if (body[end] !== CRLF[0] || body[end + 1] !== CRLF[1]) {
    throw new MultipartError("A boundary is not followed by a new line.");
  }
  return end + CRLF.length;
}

/** Space and tab after a boundary are transport padding. */
function afterPadding(body: Buffer, at: number): number {
  let end = at;
  while (body[end] === 0x20 || body[end] === 0x09) end++;
  return end;
}

function dispositionOf(headers: string): Omit<Part, "content"> {
  let found: Omit<Part, "content"> | undefined;
  for (const line of headers.split("\r\n")) {
    const header = HEADER.exec(line);
    if (header?.[1] === undefined) throw new MultipartError("A part has a malformed header.");
    if (header[1].toLowerCase() !== "content-disposition") continue;
    const disposition = parseParameters(header[2] ?? "");
    const name = disposition?.parameters.get("name");
    if (found !== undefined || disposition?.value !== "form-data" || name === undefined) {
      throw new MultipartError("A part has a malformed Content-Disposition.");
    }
    found = { name, fileName: disposition.parameters.get("filename") };
  }
  if (found === undefined) throw new MultipartError("A part has no Content-Disposition.");
  return found;
}
