import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pathOf } from "./verifiers.js";

const PROGRAM = fileURLToPath(new URL("java/Jarsigner.java", import.meta.url));

/** How one run of jarsigner ended: its exit status, and what it printed. */
export interface JarsignerResult {
  readonly status: number;
  readonly output: string;
}

/** The JDK's jarsigner in one process of Java for many runs, each of which is a second of its own otherwise. */
export class JarsignerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  readonly #errors: Buffer[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #turn: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#child = spawn(pathOf("JDK"), [
      ...["-Duser.language=en", "-XX:TieredStopAtLevel=1"],
      ...["--add-exports", "jdk.jartool/sun.security.tools.jarsigner=ALL-UNNAMED", PROGRAM],
    ]);
    this.#child.stdin.on("error", () => undefined); // how it ended is told by whoever reads
    this.#child.stderr.on("data", (chunk: Buffer) => this.#errors.push(chunk));
    this.#chunks = this.#child.stdout.iterator();
  }

  /** One run after the other. */
  run(args: readonly string[]): Promise<JarsignerResult> {
    const result = this.#turn.then(() => this.#runNow(args));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  async #runNow(args: readonly string[]): Promise<JarsignerResult> {
    this.#child.stdin.write(`${args.join("\t")}\n`);
    let end = this.#unread.indexOf("\n");
    for (; end < 0; end = this.#unread.indexOf("\n")) await this.#read();
    const [status, length] = this.#unread.toString("latin1", 0, end).trim().split(" ").map(Number);
    if (status === undefined || length === undefined) throw new Error(this.#unread.toString());
    const begin = end + 1;
    while (this.#unread.length < begin + length) await this.#read();
    const output = this.#unread.toString("utf8", begin, begin + length);
    this.#unread = this.#unread.subarray(begin + length);
    return { status, output };
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done) throw new Error(`Java ended: ${Buffer.concat(this.#errors).toString()}`);
    this.#unread = Buffer.concat([this.#unread, value]);
  }
}
