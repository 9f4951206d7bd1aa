import { unwritable } from "../errors/cli-error.js";
import type { Description } from "../errors/describe.js";
import { describe } from "../errors/describe.js";
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
  readonly quiet?: boolean;
  /** `false` for `--no-color`; commander has `true` where nothing was said. */
  readonly color?: boolean;
}

/** Whether a line is the code and the ids that support asks for. */
function isIds(line: string): boolean {
  return /^ {2}[A-Z_]+(?:, |$)/.test(line);
}

/** Shows a failure, to people and as an event. */
export function tellOfFailure(output: Output, { lines, json }: Description, file?: string): void {
  const [first = "", ...more] = lines;
  const { red, dim } = output.style;
  output.event({ event: "failed", ...(file !== undefined && { file }), error: json });
  output.talk(`${red("error:")} ${first}`, ...more.map((line) => (isIds(line) ? dim(line) : line)));
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
    this.output.quiet = flags.quiet ?? false;
    this.output.useColours(flags.color);
    this.interruption.listen();
    const { exitCode, summary = {} } = await command().catch(
      (error: unknown): Outcome => this.#failed(error),
    );
    this.end(exitCode, summary);
  }

  /** Tells of a failure; the exit code that it asks for. */
  report(error: unknown, file?: string): number {
    const failure = describe(error, file);
    tellOfFailure(this.output, failure, file);
    return failure.exitCode;
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
