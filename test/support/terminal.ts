import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./temporary.js";
import { pathOf } from "./verifiers.js";

const execute = promisify(execFile);

/** Ctrl-C reaches the shell, too, which then still says how the program ended, and keeps the terminal open. */
const SCRIPT = `trap : INT TERM HUP; "$@"; printf '[exit %s]\\n' "$?"; exec cat`;

/** What a program in a terminal is run with. */
export interface TerminalOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
}

const ROWS = 24;

/** A program in a real pseudo-terminal, that of tmux, which shows what a person would see. It ends with the test. */
export class Terminal {
  readonly #server = `signpath-test-${randomBytes(6).toString("hex")}`;
  readonly #record = join(temporaryFolder(), "record");

  static async open(command: readonly string[], options: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal();
    onTestFinished(() => terminal.#tmux(["kill-server"]).then(() => undefined));
    await terminal.#open(command, options);
    return terminal;
  }

  async #open(command: readonly string[], { cwd, env, columns = 100 }: TerminalOptions): Promise<void> {
    const size = ["-x", String(columns), "-y", String(ROWS), "-c", cwd];
    // It begins once what it writes is recorded.
    const script = `read -r begin; ${SCRIPT}`;
    await this.#tmux(["new-session", "-d", ...size, "sh", "-c", script, "sh", ...command], env);
    await this.#tmux(["pipe-pane", "-o", `cat >> '${this.#record}'`]);
    await this.#tmux(["send-keys", "Enter"]);
  }

  /** The lines of the screen and, unless they are not wanted, those that have scrolled out of it, without empty ones. */
  async lines({ history = true }: { readonly history?: boolean } = {}): Promise<string[]> {
    const screen = await this.#tmux(["capture-pane", "-p", ...(history ? ["-S", "-500"] : [])]);
    return screen.split("\n").filter((line) => line !== "");
  }

  /** Everything that was written to the terminal, as it was. */
  get written(): string {
    return readFileSync(this.#record, "utf8");
  }

  /** Waits until the screen holds a text. */
  async shows(text: string | RegExp): Promise<string[]> {
    return vi.waitFor(
      async () => {
        const lines = await this.lines();
        expect(lines.join("\n")).toMatch(text);
        return lines;
      },
      { timeout: 30_000, interval: 40 },
    );
  }

  /** Waits until the program has ended, with a status. */
  ends(status: number): Promise<string[]> {
    return this.shows(`[exit ${status}]`);
  }

  async press(key: string): Promise<void> {
    await this.#tmux(["send-keys", key]);
  }

  async resize(columns: number): Promise<void> {
    await this.#tmux(["resize-window", "-x", String(columns), "-y", String(ROWS)]);
  }

  async isCursorVisible(): Promise<boolean> {
    return (await this.#tmux(["display-message", "-p", "#{cursor_flag}"])).trim() === "1";
  }

  /** The process of the program in it. */
  async pid(): Promise<number> {
    const shell = (await this.#tmux(["display-message", "-p", "#{pane_pid}"])).trim();
    const { stdout } = await execute("ps", ["-o", "pid=", "--ppid", shell]);
    return Number(stdout.trim());
  }

  async #tmux(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
    // Without a configuration, and in UTF-8.
    const all = ["-L", this.#server, "-f", "/dev/null", "-u", ...args];
    const { stdout } = await execute(pathOf("tmux"), all, { env });
    return stdout;
  }
}
