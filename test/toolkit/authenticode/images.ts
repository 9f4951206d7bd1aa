import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What kind of PE image is made. */
export interface ImageOptions {
  readonly format?: "PE32" | "PE32+";
  readonly isLibrary?: boolean;
  /** 3: console, 1: driver, 10: EFI application. */
  readonly subsystem?: number;
  /** Bytes behind the last section, as installers have them. */
  readonly overlay?: Uint8Array;
  /** Bytes between the section table and the first section, as bound imports are. */
  readonly behindSectionTable?: Uint8Array;
  /** Bytes of each section. */
  readonly sections?: readonly number[];
  readonly sectionAlignment?: number;
}

const FILE_ALIGNMENT = 512;
const PAGE = 4096;
const START = 128;

/** Signed by Microsoft, with a timestamp; PE32+. */
export const MICROSOFT: Buffer = readFileSync(
  join(import.meta.dirname, "../../../node_modules/@electron/windows-sign/vendor/signtool.exe"),
);

/** A PE image as Microsoft's PE Format describes it: headers of 512 bytes, and sections of bytes that count up. */
export function makeImage(options: ImageOptions = {}): Buffer {
  const { format = "PE32+", isLibrary = false, subsystem = 3, sections = [700, 5000] } = options;
  const {
    overlay = new Uint8Array(),
    behindSectionTable = new Uint8Array(),
    sectionAlignment = PAGE,
  } = options;
  const isWide = format === "PE32+";
  const headers = Buffer.alloc(FILE_ALIGNMENT);
  headers.write("MZ", 0, "latin1");
  headers.writeUInt32LE(START, 60);
  headers.write("PE\0\0", START, "latin1");
  headers.writeUInt16LE(isWide ? 0x8664 : 0x14c, START + 4);
  headers.writeUInt16LE(sections.length, START + 6);
  const optionalBytes = isWide ? 240 : 224;
  headers.writeUInt16LE(optionalBytes, START + 20);
  headers.writeUInt16LE((isLibrary ? 0x2000 : 0) | (isWide ? 0x22 : 0x102), START + 22);
  const optional = START + 24;
  headers.writeUInt16LE(isWide ? 0x20b : 0x10b, optional);
  headers.writeUInt32LE(sectionAlignment, optional + 32);
  headers.writeUInt32LE(FILE_ALIGNMENT, optional + 36);
  headers.writeUInt32LE(FILE_ALIGNMENT, optional + 60);
  headers.writeUInt16LE(subsystem, optional + 68);
  headers.writeUInt32LE(16, optional + (isWide ? 108 : 92));
  const table = optional + optionalBytes;
  const data: Buffer[] = [];
  let offset = FILE_ALIGNMENT;
  let address = sectionAlignment;
  for (const [index, length] of sections.entries()) {
    const raw = Buffer.alloc(Math.ceil(length / FILE_ALIGNMENT) * FILE_ALIGNMENT);
    for (let at = 0; at < length; at++) raw[at] = (at * 7 + index) % 256;
    const entry = table + index * 40;
    headers.write(`.s${index}`, entry, "latin1");
    headers.writeUInt32LE(length, entry + 8);
    headers.writeUInt32LE(address, entry + 12);
    headers.writeUInt32LE(raw.length, entry + 16);
    headers.writeUInt32LE(offset, entry + 20);
    data.push(raw);
    offset += raw.length;
    address += Math.ceil(length / sectionAlignment) * sectionAlignment;
  }
  headers.writeUInt32LE(address, optional + 56);
  headers.set(behindSectionTable, table + sections.length * 40);
  return Buffer.concat([headers, ...data, overlay]);
}

/** Where things are in an image of {@link makeImage} or another one: read again here, so that a mistake is not shared. */
export function placesIn(image: Buffer): { checksum: number; entry: number; table: number; end: number } {
  const start = image.readUInt32LE(60);
  const isWide = image.readUInt16LE(start + 24) === 0x20b;
  const entry = start + (isWide ? 168 : 152);
  const table = image.readUInt32LE(entry);
  return { checksum: start + 88, entry, table, end: table + image.readUInt32LE(entry + 4) };
}

/** The image without its signature, with zeros where its headers tell of one. */
export function withoutSignature(image: Buffer): Buffer {
  const { checksum, entry, table } = placesIn(image);
  const content = Buffer.from(table === 0 ? image : image.subarray(0, table));
  content.fill(0, checksum, checksum + 4);
  content.fill(0, entry, entry + 8);
  return content;
}
