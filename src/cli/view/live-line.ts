import { widthOf } from "./width.js";

/** A terminal, as far as it is written to. */
export interface Terminal {
  readonly columns?: number;
  readonly writableNeedDrain: boolean;
  write(text: string): unknown;
}

/** Where nobody knows. */
const USUAL_COLUMNS = 80;

/** To the start of the line, which is erased (ECMA-48, EL); to erase the rest of the screen makes tmux keep what was there. */
const ERASE = "\r\u001b[K";
const UP = "\u001b[A";

/**
 * The last line of a terminal, which is written again and again. The cursor stays visible all the time, so that nothing has
 * to be put right whatever ends the process.
 */
export class LiveLine {
  readonly #terminal: Terminal;
  #text = "";
  /** Columns that the line takes. */
  #width = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** The longest line that is not wrapped, also where the terminal writes "^C" behind it. */
  get columns(): number {
    return (this.#terminal.columns || USUAL_COLUMNS) - "^C".length - 1;
  }

  /** Shows another text; nothing is written where that is the same. */
  set(text: string): void {
    if (text === this.#text || this.#terminal.writableNeedDrain) return;
    const before = this.hide();
    this.#text = text;
    this.#width = widthOf(text);
    this.#terminal.write(before + text);
  }

  /** Lines above it. */
  above(lines: string): void {
    this.#terminal.write(this.hide() + lines + this.#text);
  }

  /** What erases it. In a window that was made narrower it has become several lines. */
  hide(): string {
    if (this.#text === "") return "";
    const columns = this.#terminal.columns || USUAL_COLUMNS;
    const rows = Math.max(0, Math.ceil(this.#width / columns) - 1);
    return `${ERASE}${UP}`.repeat(rows) + ERASE;
  }

  /** Erases it for good. */
  end(): void {
    const before = this.hide();
    this.#text = "";
    if (before !== "") this.#terminal.write(before);
  }
}
