import { randomBytes } from "node:crypto";

/** One field of a form; a file has a name and a content type. */
export interface FormField {
  readonly name: string;
  readonly value: string;
  readonly file?: { readonly name: string; readonly contentType: string };
}

/** A boundary that no field can contain other than by guessing 128 random bits. */
export function randomBoundary(): string {
  return `signpath-${randomBytes(16).toString("hex")}`;
}

/** `Content-Type` of a form with that boundary. */
export function formContentType(boundary: string): string {
  return `multipart/form-data; boundary=${boundary}`;
}

/** A form as multipart/form-data (RFC 7578). Names and file names must need no escaping. */
export function encodeForm(fields: readonly FormField[], boundary: string): string {
  const parts = fields.map(({ name, value, file }) => {
    const disposition = `Content-Disposition: form-data; name="${name}"`;
    const head =
      file === undefined
        ? disposition
        : `${disposition}; filename="${file.name}"\r\nContent-Type: ${file.contentType}`;
    return `--${boundary}\r\n${head}\r\n\r\n${value}\r\n`;
  });
  return `${parts.join("")}--${boundary}--\r\n`;
}
