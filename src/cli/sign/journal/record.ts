import { createHash } from "node:crypto";
import * as v from "valibot";

/** The version of the file's form. A journal of another one is not touched. */
export const JOURNAL_VERSION = 1;

/** The first line. */
export interface HeadRecord {
  readonly kind: "journal";
  readonly version: typeof JOURNAL_VERSION;
  /** Version of the package. */
  readonly tool: string;
  readonly at: string;
}

/** What `--resume` alone does again. */
export interface BatchRecord {
  readonly kind: "batch";
  /** From the journal's folder to the one that names are relative to. */
  readonly folder: string;
  readonly args: readonly string[];
}

/** Is on the disk before the signature is asked for. */
export interface BegunRecord {
  readonly kind: "begun";
  /** Number of the attempt, greater than those before it. */
  readonly n: number;
  readonly file: string;
  readonly output: string;
  /** SHA-256 of the content in hexadecimal, as are all digests here. */
  readonly digest: string;
  readonly policy: string;
  /** Of the certificate's DER. */
  readonly certificate: string;
  readonly format: string;
  /** Of whatever else decides what is made. */
  readonly recipe: string;
  /** Of what the output replaces. */
  readonly replaces?: string | undefined;
}

/** Comes before the output has its name: one with this digest is what came of the attempt, whatever ended it then. */
export interface MadeRecord {
  readonly kind: "made";
  readonly n: number;
  readonly output: string;
}

/** Comes when the output is on the disk. */
export interface DoneRecord {
  readonly kind: "done";
  readonly n: number;
  readonly output: string;
  readonly bytes: number;
}

/** There is no output. */
export interface FailedRecord {
  readonly kind: "failed";
  readonly n: number;
  readonly code: string;
  /** Whether SignPath may have made a signature all the same. */
  readonly perhapsSigned: boolean;
}

export type JournalRecord = HeadRecord | BatchRecord | BegunRecord | MadeRecord | DoneRecord | FailedRecord;

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const RECORD: v.GenericSchema<unknown, JournalRecord> = v.variant("kind", [
  v.strictObject({
    kind: v.literal("journal"),
    version: v.literal(JOURNAL_VERSION),
    tool: v.string(),
    at: v.string(),
  }),
  v.strictObject({ kind: v.literal("batch"), folder: v.string(), args: v.array(v.string()) }),
  v.strictObject({
    kind: v.literal("begun"),
    n: count,
    file: v.string(),
    output: v.string(),
    digest,
    policy: v.string(),
    certificate: digest,
    format: v.string(),
    recipe: digest,
    replaces: v.optional(digest),
  }),
  v.strictObject({ kind: v.literal("made"), n: count, output: digest }),
  v.strictObject({ kind: v.literal("done"), n: count, output: digest, bytes: count }),
  v.strictObject({ kind: v.literal("failed"), n: count, code: v.string(), perhapsSigned: v.boolean() }),
]);

const LINE = /^\{"sum":"([0-9a-f]{16})",(.*)$/s;

/** What each line begins with. */
export const LINE_START = '{"sum":"';

/** A line of JSON that carries a checksum of the rest of itself. */
export function encodeRecord(record: JournalRecord): string {
  const rest = JSON.stringify(record).slice(1);
  return `${LINE_START}${checksum(rest)}",${rest}\n`;
}

/** @returns `undefined` for a line that is not as it was written */
export function decodeRecord(line: string): JournalRecord | undefined {
  const [, sum, rest = ""] = LINE.exec(line) ?? [];
  if (sum === undefined || checksum(rest) !== sum) return undefined;
  try {
    const parsed = v.safeParse(RECORD, JSON.parse(`{${rest}`));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** The version that the first line tells, whatever else of it is understood. */
export function versionOf(line: string): { readonly version: unknown; readonly tool: unknown } | undefined {
  const [, sum, rest = ""] = LINE.exec(line) ?? [];
  if (sum === undefined || checksum(rest) !== sum) return undefined;
  try {
    const { kind, version, tool } = JSON.parse(`{${rest}`) as Record<string, unknown>;
    return kind === "journal" ? { version, tool } : undefined;
  } catch {
    return undefined;
  }
}

/** Finds what a crash or a disk has done to a line; who means harm can compute it as well. */
function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
