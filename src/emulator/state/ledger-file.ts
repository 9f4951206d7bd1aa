import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UnusableState } from "../keys/store.js";
import type { Decision } from "../ledger/entry.js";
import type { Ledger, Recorder } from "../ledger/ledger.js";
import type { Logged, SigningRequest } from "../ledger/signing-request.js";
import { LineFile } from "./line-file.js";
import { LineReader } from "./line-reader.js";
import { LineWriter } from "./line-writer.js";
import { VERSION, versionOf } from "./lines.js";

const NAME = "audit-log.jsonl";
const HEADER = `${JSON.stringify({ version: VERSION })}\n`;
const NEWLINE = 0x0a;
/** Lines that are read or written before others get their turn. */
const BATCH = 1000;
/** So many lines more than twice what is needed are let be. */
const SLACK = 1000;

/** A file of lines and what writes them. */
interface Generation {
  readonly file: LineFile;
  readonly writer: LineWriter;
}

/**
 * The audit log in a file of the state directory: read once, then appended to, and written anew where most of its
 * lines have had their day.
 */
export class LedgerFile implements Recorder {
  readonly #ledger: Ledger;
  readonly #path: string;
  #current: Generation;
  /** Lines that were there before this emulator. */
  #linesBefore: number;
  /** Lines that were needed when the file was last written anew. */
  #needed = 0;
  /** What happens while the file is written anew. */
  #meanwhile: ((writer: LineWriter) => void)[] | undefined;
  #compacting: Promise<void> | undefined;
  #isClosing = false;

  private constructor(ledger: Ledger, path: string, file: LineFile, linesBefore: number) {
    this.#ledger = ledger;
    this.#path = path;
    this.#current = generation(file);
    this.#linesBefore = linesBefore;
  }

  /**
   * Reads the log of a directory into the ledger, and keeps what happens there from then on.
   *
   * @throws Error where the file is of a newer version, or none of these
   */
  static async open(directory: string, ledger: Ledger): Promise<{ log: LedgerFile; unreadable: number }> {
    const path = join(directory, NAME);
    const { good, lines, unreadable } = await readInto(ledger, path);
    const file = await LineFile.open(path, good);
    if (good === 0) file.append(HEADER.trimEnd());
    const log = new LedgerFile(ledger, path, file, lines);
    ledger.recordTo(log);
    log.#compactWhereWorthIt();
    return { log, unreadable };
  }

  added(logged: Logged): void {
    this.#record((writer) => writer.logged(logged));
  }

  decided(request: SigningRequest, decision: Decision): void {
    this.#record((writer) => writer.decided(request, decision));
  }

  signed(request: SigningRequest, signature: string): void {
    this.#record((writer) => writer.signed(request, signature));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#compacting;
    await this.#current.file.close();
  }

  #record(write: (writer: LineWriter) => void): void {
    write(this.#current.writer);
    this.#meanwhile?.push(write);
    this.#compactWhereWorthIt();
  }

  #compactWhereWorthIt(): void {
    const lines = this.#linesBefore + this.#current.writer.count;
    const needed = Math.max(this.#needed, this.#ledger.count);
    if (this.#compacting !== undefined || this.#isClosing || lines <= 2 * needed + SLACK) return;
    this.#compacting = this.#compact()
      .catch((error: unknown) => {
        process.emitWarning(`The emulator cannot rewrite ${this.#path}: ${String(error)}`);
        // Not again at once: only after as many lines more.
        this.#linesBefore = -this.#current.writer.count;
      })
      .finally(() => {
        this.#compacting = undefined;
        this.#meanwhile = undefined;
      });
  }

  /** The old file goes on being written until the new one is in its place. */
  async #compact(): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    const file = await LineFile.open(temporary, 0);
    try {
      this.#meanwhile = [];
      file.append(HEADER.trimEnd());
      const next = generation(file);
      const end = this.#ledger.nextSequence;
      for (let sequence = this.#ledger.firstSequence; sequence < end; ) {
        const batchEnd = Math.min(sequence + BATCH, end);
        for (; sequence < batchEnd; sequence++) {
          const logged = this.#ledger.at(sequence);
          if (logged !== undefined) next.writer.logged(logged);
        }
        await file.flush();
        await nextTurn();
      }
      const needed = next.writer.count;
      // From here to the change of files nothing can happen in between, but for what waits to be written.
      for (let more = this.#meanwhile.splice(0); more.length > 0; more = this.#meanwhile.splice(0)) {
        for (const write of more) write(next.writer);
        await file.flush();
      }
      await rename(temporary, this.#path);
      for (const write of this.#meanwhile.splice(0)) write(next.writer);
      const old = this.#current.file;
      this.#current = next;
      this.#linesBefore = 0;
      this.#needed = needed;
      await old.abandon();
    } catch (error) {
      await file.abandon();
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function generation(file: LineFile): Generation {
  return { file, writer: new LineWriter((line) => file.append(line)) };
}

/** Gives how many bytes are good: a line without its end was torn by a crash. */
async function readInto(
  ledger: Ledger,
  path: string,
): Promise<{ good: number; lines: number; unreadable: number }> {
  const bytes = await readIfThere(path);
  const good = bytes.lastIndexOf(NEWLINE) + 1;
  if (good === 0) return { good, lines: 0, unreadable: 0 };
  const reader = new LineReader(ledger);
  let lines = 0;
  for (let start = 0; start < good; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = bytes.toString("utf8", start, end);
    if (lines === 0) assertVersion(line, path);
    else if (line !== "") reader.read(line);
    start = end + 1;
    if (++lines % BATCH === 0) await nextTurn();
  }
  return { good, lines, unreadable: reader.unreadable };
}

function assertVersion(line: string, path: string): void {
  const version = versionOf(line);
  if (version === VERSION) return;
  throw new UnusableState(
    version !== undefined && version > VERSION
      ? `${path} was written by a newer emulator; use another directory.`
      : `${path} is malformed; remove it, and the emulator makes another.`,
  );
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
