import { unwritable } from "./cli-error.js";
import { describe } from "./describe.js";
import { Interruption } from "./interruption.js";
import { Output } from "./output.js";

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number;
  /** What the last line of `--json` says beside it. */
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** Options that decide about the output, of every command that has them. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** One run of the program. */
export class Session {
  readonly output: Output;
  readonly interruption: Interruption;
  exitCode = 0;

  constructor(output: Output = new Output(), interruption: Interruption = new Interruption()) {
    this.output = output;
    this.interruption = interruption;
  }

  /** Runs a command, and tells how it ended if it failed. */
  async perform(flags: OutputFlags, command: () => Promise<Outcome>): Promise<void> {
    this.output.json = flags.json ?? false;
    this.output.verbose = flags.verbose ?? false;
    this.interruption.listen();
    const { exitCode, summary = {} } = await command().catch(
      (error: unknown): Outcome => this.#failed(error),
    );
    this.end(exitCode, summary);
  }

  /** Tells of a failure; the exit code that it asks for. */
  report(error: unknown, file?: string): number {
    const { lines, json, exitCode } = describe(error, file);
    const [first = "", ...more] = lines;
    this.output.event({ event: "failed", ...(file !== undefined && { file }), error: json });
    this.output.talk(`error: ${first}`, ...more);
    return exitCode;
  }

  /** The last line of `--json`, and the exit code. */
  end(exitCode: number, summary: Readonly<Record<string, unknown>> = {}): void {
    this.output.event({ event: "summary", ...summary, exitCode });
    this.exitCode = exitCode;
  }

  /** Hands everything on and ends the process: whatever is still open was called off. */
  async exit(): Promise<never> {
    await this.output.flush();
    const { failure } = this.output;
    if (failure !== undefined && this.exitCode === 0)
      this.exitCode = this.report(unwritable("stdout", failure));
    await this.interruption.settle();
    process.exit(this.exitCode);
  }

  #failed(error: unknown): Outcome {
    const { exitCode } = this.interruption;
    if (exitCode === undefined) return { exitCode: this.report(error) };
    this.output.talk("interrupted");
    return { exitCode, summary: { interrupted: true } };
  }
}
