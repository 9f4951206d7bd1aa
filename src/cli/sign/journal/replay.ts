import type { FileHandle } from "node:fs/promises";
import { CliError, usageError } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import { History } from "./history.js";
import { decodeRecord, JOURNAL_VERSION, LINE_START, versionOf } from "./record.js";

/** What stands in a journal. */
export interface Replay {
  readonly history: History;
  /** Length of what is whole; 0: there is not even a first line. */
  readonly length: number;
  /** Bytes behind it, which a crash or a full disk has torn. */
  readonly torn: number;
}

const NEWLINE = 0x0a;

/** Longer than any line: the arguments of a command are what is longest. */
const LONGEST_LINE = 8 * 1024 * 1024;

/**
 * Reads a journal. The end may be torn: what was not yet on the disk when the power failed. A line that is not as it was
 * written and has a good one behind it is another matter.
 *
 * @throws {CliError} `USAGE` for a file that is no journal, or that of another version; `JOURNAL_INVALID`
 */
export async function replay(path: string, file: FileHandle): Promise<Replay> {
  const history = new History();
  let [length, number] = [0, 0];
  let broken: number | undefined;
  let total = 0;
  for await (const { line, bytes } of linesOf(file)) {
    number++;
    if (bytes.total > LONGEST_LINE) throw number === 1 ? noJournal(path) : corrupt(path, number);
    total += bytes.total;
    const record = bytes.isWhole ? decodeRecord(line) : undefined;
    if (number === 1 && bytes.isWhole) checkFirst(path, line);
    if (number === 1 && !bytes.isWhole && !isBeginning(line)) throw noJournal(path);
    if (record === undefined) {
      broken ??= number;
      continue;
    }
    if (broken !== undefined) throw corrupt(path, broken);
    if (number > 1 && !history.add(record)) throw corrupt(path, number);
    length = total;
  }
  return { history, length, torn: total - length };
}

function checkFirst(path: string, line: string): void {
  const first = versionOf(line);
  if (first === undefined) throw noJournal(path);
  if (first.version === JOURNAL_VERSION) return;
  throw usageError(
    `${visible(path)} is a journal of another version: ${visible(String(first.version))}, made by signpath-webcrypto ${visible(String(first.tool))}`,
    "Use that one to go on, or begin another journal.",
  );
}

/** Nothing is added to a file that happens to be there. */
function noJournal(path: string): Error {
  return usageError(`${visible(path)} is no journal of signpath sign`, "Name another file for the journal.");
}

function isBeginning(line: string): boolean {
  return line.startsWith(LINE_START) || LINE_START.startsWith(line);
}

function corrupt(path: string, line: number): CliError {
  return new CliError(
    "JOURNAL_INVALID",
    `${visible(path)} is damaged: line ${line} is not as it was written`,
    {
      hint: "What was signed cannot be told from it. Begin another journal: then all files are signed again.",
    },
  );
}

interface Line {
  readonly line: string;
  readonly bytes: { readonly total: number; readonly isWhole: boolean };
}

/** Lines with their lengths in bytes, the last one perhaps without an end. */
async function* linesOf(file: FileHandle): AsyncGenerator<Line, void, void> {
  let rest = Buffer.alloc(0);
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const chunk = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      yield {
        line: chunk.toString("utf8", begin, end),
        bytes: { total: end + 1 - begin, isWhole: true },
      };
      begin = end + 1;
    }
    rest = chunk.subarray(begin);
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest.length > 0) yield { line: rest.toString(), bytes: { total: rest.length, isWhole: false } };
}
