import { concatAll } from "../../base/bytes.js";
import { refused } from "./refusal.js";

/** An attribute: `Name: value`, on as many lines as it needs. */
export interface ManifestAttribute {
  readonly name: string;
  readonly value: string;
  /** The lines as they are, with their ends. */
  readonly bytes: Uint8Array;
}

/** Attributes up to a blank line: the main ones, or those of an entry, of which the first is its `Name`. */
export interface ManifestSection {
  /** The entry (or package); empty for the main attributes. */
  readonly name: string;
  readonly attributes: readonly ManifestAttribute[];
  /** As they are, with the blank line: what a signature file has the digest of. */
  readonly bytes: Uint8Array;
}

/** A manifest, or a signature file, which has the same form (JAR File Specification). */
export interface Manifest {
  readonly main: ManifestSection;
  readonly sections: readonly ManifestSection[];
  readonly bytes: Uint8Array;
}

const LINE_END = Buffer.from("\r\n");
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** Bytes of a line without its end, the most that the specification allows. */
const LINE_BYTES = 72;

/** What Java takes for the name of an attribute. */
const ATTRIBUTE_NAME = /^[A-Za-z0-9_-]{1,70}$/;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

interface Line {
  readonly content: Uint8Array;
  /** With its end. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a manifest or a signature file. What is missing at its end (a line's end, the blank line) is added to
 * {@link Manifest.bytes}; nothing else is changed.
 *
 * @param path - what the file is called in messages
 * @throws {SignPathError} `REQUEST_REJECTED` for lines that are no attributes
 */
export function parseManifest(bytes: Uint8Array, path: string): Manifest {
  const lines = [...linesOf(bytes)];
  const missing = missingEnd(lines);
  const whole = missing.length === 0 ? bytes : concatAll([bytes, ...missing]);
  const [main = emptySection(), ...sections] = [
    ...sectionsOf(missing.length === 0 ? lines : [...linesOf(whole)], path),
  ];
  return { main: { ...main, name: "" }, sections, bytes: whole };
}

/** One section, from its attributes. */
export function makeSection(name: string, attributes: readonly ManifestAttribute[]): ManifestSection {
  return { name, attributes, bytes: concatAll([...attributes.map(({ bytes }) => bytes), LINE_END]) };
}

/** A manifest, from its sections. */
export function makeManifest(main: ManifestSection, sections: readonly ManifestSection[]): Manifest {
  return { main, sections, bytes: concatAll([main, ...sections].map(({ bytes }) => bytes)) };
}

/** An attribute on lines of up to 72 bytes, which are broken between characters. */
export function makeAttribute(name: string, value: string): ManifestAttribute {
  const content = Buffer.from(`${name}: ${value}`);
  const pieces: Uint8Array[] = [];
  for (let begin = 0, room = LINE_BYTES; begin < content.length; room = LINE_BYTES - 1) {
    const end = characterEnd(content, begin + room);
    if (begin > 0) pieces.push(Buffer.of(SPACE));
    pieces.push(content.subarray(begin, end), LINE_END);
    begin = end;
  }
  return { name, value, bytes: concatAll(pieces) };
}

/** Sections by their names; there may be several of one name, whose bytes are then digested together. */
export function sectionsByName({ sections }: Manifest): Map<string, ManifestSection[]> {
  const found = new Map<string, ManifestSection[]>();
  for (const section of sections) {
    const same = found.get(section.name);
    if (same === undefined) found.set(section.name, [section]);
    else same.push(section);
  }
  return found;
}

/** The last place, up to `limit`, where no character of UTF-8 is broken. */
function characterEnd(content: Uint8Array, limit: number): number {
  let end = Math.min(limit, content.length);
  while (((content[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}

/** Lines end with CR LF, LF or CR. */
function* linesOf(bytes: Uint8Array): Generator<Line, void, void> {
  for (let begin = 0; begin < bytes.length; ) {
    let end = begin;
    while (end < bytes.length && bytes[end] !== CR && bytes[end] !== LF) end += 1;
    const next = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
    yield { content: bytes.subarray(begin, end), bytes: bytes.subarray(begin, next) };
    begin = next;
  }
}

function missingEnd(lines: readonly Line[]): Uint8Array[] {
  const last = lines.at(-1);
  if (last === undefined) return [];
  if (last.content.length === last.bytes.length) return [LINE_END, LINE_END];
  return last.content.length === 0 ? [] : [LINE_END];
}

function* sectionsOf(lines: readonly Line[], path: string): Generator<ManifestSection, void, void> {
  let attributes: Line[][] = [];
  let isFirst = true;
  for (const line of lines) {
    if (line.content.length > 0) {
      const current = attributes.at(-1);
      if (line.content[0] !== SPACE) attributes.push([line]);
      else if (current === undefined) throw malformed(path, "begins a section with a continuation line");
      else current.push(line);
      continue;
    }
    // Java skips further blank lines; the main attributes may be none.
    if (attributes.length > 0 || isFirst) yield sectionOf(attributes, line, isFirst, path);
    attributes = [];
    isFirst = false;
  }
}

function sectionOf(
  lines: readonly (readonly Line[])[],
  blank: Line,
  isMain: boolean,
  path: string,
): ManifestSection {
  const attributes = lines.map((each) => attributeOf(each, path));
  const [first] = attributes;
  if (!isMain && first?.name.toLowerCase() !== "name")
    throw malformed(path, `has a section that begins with ${quoted(first?.name ?? "")}, not with Name`);
  const bytes = concatAll([...attributes.map((attribute) => attribute.bytes), blank.bytes]);
  return { name: isMain ? "" : (first?.value ?? ""), attributes, bytes };
}

function attributeOf(lines: readonly Line[], path: string): ManifestAttribute {
  const text = decoded(
    lines.map(({ content }, index) => (index === 0 ? content : content.subarray(1))),
    path,
  );
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0));
  if (!ATTRIBUTE_NAME.test(name) || text[colon + 1] !== " ")
    throw malformed(path, `has a line that is no attribute: ${quoted(text)}`);
  return { name, value: text.slice(colon + 2), bytes: concatAll(lines.map(({ bytes }) => bytes)) };
}

function decoded(pieces: readonly Uint8Array[], path: string): string {
  try {
    return utf8.decode(concatAll(pieces));
  } catch (cause) {
    throw malformed(path, "is not in UTF-8", cause);
  }
}

function emptySection(): ManifestSection {
  return { name: "", attributes: [], bytes: new Uint8Array(0) };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function malformed(path: string, reason: string, cause?: unknown): Error {
  return refused(`${path} ${reason}`, cause);
}
