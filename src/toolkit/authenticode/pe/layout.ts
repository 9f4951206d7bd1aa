import { unsuitable } from "../refusal.js";
import type { Image } from "./image.js";

/** Where things are in a PE image (Microsoft's PE Format), in bytes from its beginning. */
export interface Layout {
  readonly format: "PE32" | "PE32+";
  /** The checksum of the optional header, 4 bytes. */
  readonly checksumAt: number;
  /** The entry of the certificate table in the data directory, 8 bytes. */
  readonly directoryAt: number;
  readonly sectionAlignment: number;
  readonly sizeOfHeaders: number;
  /** Raw data of the sections that have any, in the order of the section table. */
  readonly sections: readonly Range[];
  /** The certificate table of a signed image; it stands at the end. */
  readonly certificateTable: Range | undefined;
  /** Where the content ends, and the certificate table may begin. */
  readonly contentEnd: number;
}

/** A part of the file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

const DOS_HEADER_BYTES = 64;
/** Of the COFF file header with the signature before it, and of the optional header up to its data directory. */
const NT_HEADER_BYTES = 24;
const DIRECTORY_OF: ReadonlyMap<number, { readonly format: Layout["format"]; readonly bytes: number }> =
  new Map([
    [0x10b, { format: "PE32", bytes: 96 }],
    [0x20b, { format: "PE32+", bytes: 112 }],
  ]);
/** The certificate table is the fifth entry of eight bytes. */
const CERTIFICATE_ENTRY = 4;
const ENTRY_BYTES = 8;
const SECTION_BYTES = 40;
/** The certificate table stands at a multiple of it, and so does its end. */
export const CERTIFICATE_ALIGNMENT = 8;

/**
 * Reads the headers of an executable, a library, a driver or an EFI application.
 *
 * @throws {SignPathError} `REQUEST_REJECTED` for what is no PE image, is cut off, or has no room for a signature
 */
export async function readLayout(image: Image): Promise<Layout> {
  const dos = Buffer.from(await image.read(0, Math.min(DOS_HEADER_BYTES, image.size)));
  if (dos.length < DOS_HEADER_BYTES || dos.toString("latin1", 0, 2) !== "MZ") throw unsuitable(notPe(dos));
  const start = dos.readUInt32LE(60);
  const headersEnd = start + NT_HEADER_BYTES + 2;
  if (headersEnd > image.size || start % 4 !== 0)
    throw unsuitable("it has an MZ header only and is no PE image");
  const nt = Buffer.from(await image.read(start, NT_HEADER_BYTES + 2));
  if (nt.toString("latin1", 0, 4) !== "PE\0\0")
    throw unsuitable("it has an MZ header only and is no PE image");
  const directory = DIRECTORY_OF.get(nt.readUInt16LE(24));
  if (directory === undefined) throw unsuitable("its optional header is neither of PE32 nor of PE32+");
  const optionalAt = start + NT_HEADER_BYTES;
  const optionalBytes = nt.readUInt16LE(20);
  const entryAt = directory.bytes + CERTIFICATE_ENTRY * ENTRY_BYTES;
  if (optionalBytes < entryAt + ENTRY_BYTES)
    throw unsuitable("its data directory has no entry for signatures");
  const optional = Buffer.from(await image.read(optionalAt, optionalBytes));
  if (optional.readUInt32LE(directory.bytes - 4) <= CERTIFICATE_ENTRY)
    throw unsuitable("its data directory has no entry for signatures");
  const tableAt = optionalAt + optionalBytes;
  const count = nt.readUInt16LE(6);
  const sections = readSections(Buffer.from(await image.read(tableAt, count * SECTION_BYTES)));
  const certificateTable = certificateTableOf(
    optional.subarray(entryAt),
    tableAt + count * SECTION_BYTES,
    image,
  );
  const contentEnd = certificateTable?.offset ?? image.size;
  if (sections.some(({ offset, length }) => offset + length > contentEnd))
    throw unsuitable(
      certificateTable === undefined
        ? "it is cut off: a section goes on behind its end"
        : "a section goes on into its certificate table",
    );
  return {
    format: directory.format,
    checksumAt: optionalAt + 64,
    directoryAt: optionalAt + entryAt,
    sectionAlignment: optional.readUInt32LE(32),
    sizeOfHeaders: optional.readUInt32LE(60),
    sections,
    certificateTable,
    contentEnd,
  };
}

/** What a file is that build tools pass on to be signed as well. */
function notPe(start: Buffer): string {
  const known: readonly (readonly [string, string])[] = [
    ["d0cf11e0a1b11ae1", "it is a compound file (MSI, MSP)"],
    ["504b0304", "it is a zip archive (APPX, MSIX, VSIX, NuGet)"],
    ["4d534346", "it is a cabinet"],
  ];
  const found = known.find(([magic]) => start.toString("hex").startsWith(magic));
  return `${found?.[1] ?? "it does not begin with MZ"}, and this signs PE images (exe, dll, sys, efi, node) only`;
}

function readSections(table: Buffer): Range[] {
  const sections: Range[] = [];
  for (let at = 0; at < table.length; at += SECTION_BYTES) {
    const [length, offset] = [table.readUInt32LE(at + 16), table.readUInt32LE(at + 20)];
    if (length > 0 && offset > 0) sections.push({ offset, length });
  }
  return sections;
}

function certificateTableOf(entry: Buffer, headersEnd: number, { size }: Image): Range | undefined {
  const [offset, length] = [entry.readUInt32LE(0), entry.readUInt32LE(4)];
  if (offset === 0 || length === 0) return undefined;
  if (offset < headersEnd || offset + length > size)
    throw unsuitable("its certificate table is not inside of the file");
  if (size - (offset + length) >= CERTIFICATE_ALIGNMENT)
    throw unsuitable(
      "something was added behind its certificate table, which would make any signature invalid",
    );
  return { offset, length: size - offset };
}
