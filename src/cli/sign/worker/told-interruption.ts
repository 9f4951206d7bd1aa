import { Interruption } from "../../shell/interruption.js";

/** An interruption that another process tells of. */
export class ToldInterruption extends Interruption {
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  #exitCode: number | undefined;

  override get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  override get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  override get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Nothing else is to be begun. */
  stop(exitCode: number): void {
    this.#exitCode ??= exitCode;
    this.#stopping.abort(new Error("interrupted"));
  }

  /** What is in flight is to be called off. */
  abort(exitCode: number): void {
    this.stop(exitCode);
    this.#aborting.abort(new Error("interrupted"));
  }
}
