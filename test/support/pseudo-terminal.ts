import { spawn } from "node:child_process";
import { expect, onTestFinished, vi } from "vitest";
import { pathOf } from "./verifiers.js";

/** A program on a terminal of its own. */
export interface PseudoTerminal {
  /** Everything that it has shown, with the terminal's own orders taken out. */
  readonly screen: () => string;
  /** Types it, as a person does. */
  readonly type: (keys: string) => void;
  /** Waits until it shows something that was not there at the last call. */
  readonly shows: (text: string | RegExp) => Promise<void>;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a program on a terminal, by util-linux's `script`. It ends with the test. */
export function startOnTerminal(
  command: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): PseudoTerminal {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn(pathOf("script"), ["-qefc", `stty cols 200; exec ${words}`, "/dev/null"], options);
  let shown = "";
  let seen = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
  });
  child.stdin.on("error", () => undefined);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const screen = (): string => plain(shown);
  return {
    screen,
    type: (keys) => child.stdin.write(keys),
    shows: async (text) => {
      await vi.waitFor(() => expect(screen().slice(seen)).toMatch(text), { timeout: 30_000 });
      seen = screen().length;
    },
    ended: new Promise((resolve) => child.on("close", resolve)),
  };
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|.)/g, "").replaceAll("\r", "");
}
