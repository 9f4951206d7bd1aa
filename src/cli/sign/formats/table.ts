import { extname } from "node:path";

/** What can be made of a file. */
export type FormatName = "cms" | "raw" | "jws" | "pdf" | "authenticode" | "jar" | "xml";

/** Where a signature of a format goes, and which files get it without being asked for. */
export interface Format {
  /** What the name of a signature beside its file ends in; undefined: the signature goes into the file. */
  readonly suffix: string | undefined;
  /** Names of files that end so get this format where none is named; in small letters. */
  readonly extensions: readonly string[];
  /** What is said where an option is for other formats. */
  readonly about: string;
}

const of = (suffix: string | undefined, extensions: readonly string[], about: string): Format =>
  Object.freeze({ suffix, extensions: Object.freeze(extensions), about });

/**
 * The formats. Those that go into a file without being asked for are the ones that whoever opens such a file looks for; an
 * enveloped signature in XML changes the document for its readers, and is made only where it is named.
 */
export const FORMATS: ReadonlyMap<FormatName, Format> = new Map<FormatName, Format>([
  ["cms", of(".p7s", [], "a CMS signature")],
  ["raw", of(".sig", [], "a raw signature")],
  ["jws", of(".jws", [], "a JWS")],
  ["pdf", of(undefined, [".pdf"], "a PDF file")],
  [
    "authenticode",
    of(
      undefined,
      [".exe", ".dll", ".sys", ".ocx", ".efi", ".cpl", ".scr", ".drv", ".mui", ".winmd"],
      "a Windows executable",
    ),
  ],
  ["jar", of(undefined, [".jar", ".war", ".ear"], "a JAR file")],
  ["xml", of(undefined, [], "an XML document")],
]);

export const FORMAT_NAMES: readonly FormatName[] = [...FORMATS.keys()];

const BY_EXTENSION: ReadonlyMap<string, FormatName> = new Map(
  [...FORMATS].flatMap(([name, { extensions }]) => extensions.map((each) => [each, name] as const)),
);

/** The format of a file: that which was named, else the one of its extension, else CMS. */
export function formatOf(file: string, named: FormatName | "auto"): FormatName {
  return named === "auto" ? (BY_EXTENSION.get(extname(file).toLowerCase()) ?? "cms") : named;
}

export function suffixOf(format: FormatName): string | undefined {
  return FORMATS.get(format)?.suffix;
}

/** Whether the signature goes into the file. */
export function isEmbedded(format: FormatName): boolean {
  return suffixOf(format) === undefined;
}
