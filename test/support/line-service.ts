import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";

const running = new Set<ChildProcessWithoutNullStreams>();

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

afterAll(killAll);
process.once("exit", killAll);

/** Who waits for an answer. */
interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A program that answers each line of its stdin by one of its stdout, in their order. It ends with the tests of the file. */
export class LineService {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  constructor(file: string, args: readonly string[]) {
    const child = spawn(file, args);
    this.#child = child;
    running.add(child);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    child.stdin.on("error", () => undefined); // that it has ended is told by "close"
    createInterface({ input: child.stdout }).on("line", (line) => this.#waiting.shift()?.resolve(line));
    child.on("error", (error) => this.#end(error));
    child.on("close", (status) => {
      running.delete(child);
      this.#end(new Error(`${file} has ended with ${status}: ${said}`));
    });
  }

  /** What it answers to a line, which must not have a line break. */
  ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
