import type { BatchFacts } from "./events.js";
import type { Job } from "./plan.js";

/** What a batch remembers from one run to the next. */
export interface Memory {
  /** Looks whether a file has its signature already. */
  look(job: Job, facts: BatchFacts): Promise<Looked>;
  /** What is to be told at the end. */
  remark(): Remark | undefined;
}

/** A warning. */
export interface Remark {
  readonly code: string;
  readonly message: string;
}

/** What is known of a file. */
export type Looked =
  | {
      /** Why there is nothing to do, in words that follow "skipped FILE: ". */
      readonly skip: string;
    }
  | {
      readonly skip?: never;
      /** Why it is signed again, in words that follow "signing FILE again: ". */
      readonly again: string | undefined;
      /** The content, where it has been read already. */
      readonly bytes: Uint8Array | undefined;
      /** The output that is there is good, and lacks nothing but its timestamp: no signature need be asked for. */
      readonly lacksTimestamp: boolean;
      /** Is called before the signature is asked for. What it throws meets all other files as well. */
      begin(): Promise<Begun>;
    };

/** A signature on its way. */
export interface Begun {
  /**
   * The output is whole, and about to have its name.
   *
   * @param result - its bytes, or where it is
   */
  made(result: Uint8Array | string): Promise<void>;
  /**
   * The output has its name.
   *
   * @param result - its bytes, where they are at hand
   */
  done(result: Uint8Array | undefined): Promise<void>;
  failed(error: unknown): Promise<void>;
  /** It was not asked for. */
  dropped(): Promise<void>;
}

/** What is not remembered meets all other files as well. */
export class MemoryFailure extends Error {
  constructor(cause: unknown) {
    super("the journal failed", { cause });
  }
}
