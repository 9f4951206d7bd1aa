import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isAsItWas } from "../../../base/unchanged.js";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { CliError, changed, isSystemError, unreadable, unwritable } from "../../errors/cli-error.js";
import { visible } from "../../shell/output.js";
import type { BatchFacts } from "../events.js";
import type { Begun, Looked, Memory, Remark } from "../memory.js";
import { MemoryFailure } from "../memory.js";
import type { Job } from "../plan.js";
import type { Content } from "./content.js";
import { digestOfBytes, digestOfOutput, isUnchanged, readContent } from "./content.js";
import type { Recipe } from "./history.js";
import type { Attempt, Journal } from "./journal.js";
import type { BegunRecord } from "./record.js";
import type { Finding } from "./verify-output.js";
import { findSignature } from "./verify-output.js";

const SIGNED_BEFORE = "it was signed before";

/** Formats whose outputs can be told to be good by what they are. */
const VERIFIABLE: ReadonlySet<string> = new Set(["cms", "raw"]);

/** What else decides what is made. */
export interface RecipeFacts {
  readonly digest: string;
  /** Whether there is to be a timestamp, where the format has a place for one. */
  readonly isStamped: boolean;
}

/** A file with what its signature is to be. */
interface Case {
  readonly job: Job;
  readonly facts: BatchFacts;
  readonly content: Content;
  readonly recipe: Recipe;
  /** Digest of the output that is there. */
  readonly output: string | undefined;
  readonly certificate: Uint8Array;
}

/** Remembers by a journal. */
export class JournalMemory implements Memory {
  /** Files whose signature was asked for twice, as far as is known. */
  #twice = 0;
  readonly #journal: Journal;
  readonly #policy: SigningPolicy;
  readonly #recipe: RecipeFacts;
  readonly #signal: AbortSignal;

  constructor(journal: Journal, policy: SigningPolicy, recipe: RecipeFacts, signal: AbortSignal) {
    this.#journal = journal;
    this.#policy = policy;
    this.#recipe = recipe;
    this.#signal = signal;
  }

  async look(job: Job, facts: BatchFacts): Promise<Looked> {
    const content = await this.#read(job);
    const output = await this.#outputOf(job, content);
    const certificate = this.#policy.certificateDer;
    const recipe = {
      digest: content.digest,
      policy: this.#policy.reference,
      certificate: digestOfBytes(certificate),
      format: facts.format,
      recipe: this.#recipe.digest,
    };
    const known = { job, facts, content, recipe, output, certificate };
    if (await this.#isDone(known)) return { skip: SIGNED_BEFORE };
    const open = this.#journal.history.openAttempt(recipe);
    // What was there before the attempt is not what came of it.
    const found =
      open === undefined || output === undefined || output === open.replaces
        ? "none"
        : await this.#findIn(known);
    const lacksTimestamp = found === "unstamped" && this.#recipe.isStamped && facts.format === "cms";
    if (found !== "none" && output !== undefined && !lacksTimestamp) {
      await this.#recover(known, output);
      return { skip: `${SIGNED_BEFORE}, just before a run was ended, and its signature is good` };
    }
    return {
      again: lacksTimestamp ? undefined : this.#whyAgain(known, open),
      bytes: content.bytes,
      lacksTimestamp,
      // What lacks its timestamp is what came of the attempt, and is still that if there is none again.
      begin: lacksTimestamp
        ? () => this.#begin({ ...known, output: undefined }, false)
        : () => this.#begin(known, open !== undefined),
    };
  }

  remark(): Remark | undefined {
    if (this.#twice === 0) return undefined;
    const files = this.#twice === 1 ? "1 file" : `${this.#twice} files`;
    const message = `${files} may have been signed twice: a run was ended, or failed, while the signature was on its way`;
    return { code: "PERHAPS_SIGNED_TWICE", message };
  }

  async #read({ file }: Job): Promise<Content> {
    try {
      return await readContent(file, this.#signal);
    } catch (error) {
      if (isSystemError(error) && error.code === "ESPIPE") throw notRegular("INPUT_UNREADABLE", file);
      throw isSystemError(error) ? unreadable(file, error) : error;
    }
  }

  async #outputOf({ file, output }: Job, { digest }: Content): Promise<string | undefined> {
    if (file === output) return digest;
    try {
      return await digestOfOutput(output, this.#signal);
    } catch (error) {
      if (isSystemError(error) && error.code === "ESPIPE") throw notRegular("OUTPUT_UNWRITABLE", output);
      throw isSystemError(error) ? unwritable(output, error) : error;
    }
  }

  async #isDone({ job, recipe, output }: Case): Promise<boolean> {
    if (output === undefined) return false;
    const { history } = this.#journal;
    // What is signed in place is another content than before: it is known by what was made.
    if (job.file === job.output) return history.isMadeBy(recipe, output);
    return history.hasMade(recipe, output);
  }

  #findIn({ job, facts, content, certificate }: Case): Promise<Finding> {
    if (job.file === job.output) return Promise.resolve("none");
    return findSignature({ job, facts, digest: content.digest, certificate, signal: this.#signal });
  }

  /** The journal is told what it did not see. */
  async #recover({ job, recipe }: Case, output: string): Promise<void> {
    const { file, output: path } = this.#names(job);
    const { size } = statSync(job.output);
    await this.#safely(async () => {
      await this.#journal.folders.sync(dirname(realpathSync.native(job.output)));
      const attempt = await this.#journal.attempt({ ...recipe, file, output: path });
      await attempt.done(output, size);
    });
  }

  async #begin({ job, content, recipe, output }: Case, isTwice: boolean): Promise<Begun> {
    const names = this.#names(job);
    const replaces = output === undefined ? {} : { replaces: output };
    const attempt: Attempt = await this.#safely(() =>
      this.#journal.attempt({ ...recipe, ...names, ...replaces }),
    );
    if (isTwice) this.#twice++;
    return {
      made: async (result) => {
        if (VERIFIABLE.has(recipe.format)) return;
        if (job.file === job.output && !isAsItWas(job.file, content.stats)) throw changed(job.file);
        const made =
          typeof result === "string" ? await digestOfOutput(result, this.#signal) : digestOfBytes(result);
        if (made !== undefined) await this.#safely(() => attempt.made(made));
      },
      done: async (result) => {
        const made =
          result === undefined ? await digestOfOutput(job.output, this.#signal) : digestOfBytes(result);
        if (job.file !== job.output && !isUnchanged(job.file, content.stats)) throw changed(job.file);
        if (made === undefined) throw new CliError("OUTPUT_UNWRITABLE", `${visible(job.output)} is gone`);
        await this.#safely(async () => {
          const real = realpathSync.native(job.output);
          await this.#journal.folders.sync(dirname(real));
          await attempt.done(made, result?.byteLength ?? statSync(real).size);
        });
      },
      failed: (error) => this.#safely(() => attempt.failed(error)),
      dropped: async () => {
        if (isTwice) this.#twice--;
        await this.#safely(() => attempt.dropped());
      },
    };
  }

  #names({ file, output }: Job): { readonly file: string; readonly output: string } {
    return { file: this.#journal.nameOf(file), output: this.#journal.nameOf(output) };
  }

  #whyAgain({ job, recipe, output }: Case, open: BegunRecord | undefined): string | undefined {
    const last = this.#journal.history.lastOf(this.#names(job).file);
    if (open !== undefined) {
      const code = this.#journal.history.failureOf(open);
      if (code !== undefined) return `the last time it failed (${visible(code)})`;
      return "a run was ended before its signature was on the disk";
    }
    if (last === undefined) return undefined;
    if (last.digest !== recipe.digest) return "it has changed";
    if (last.policy !== recipe.policy) return `it was signed with ${last.policy}`;
    if (last.certificate !== recipe.certificate) return "the policy has another certificate now";
    if (last.format !== recipe.format || last.recipe !== recipe.recipe) return "the options are others";
    if (!this.#journal.history.isMade(recipe)) return undefined;
    return output === undefined ? "its signature is gone" : "its signature is not the one that was written";
  }

  async #safely<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new MemoryFailure(error);
    }
  }
}

function notRegular(code: "INPUT_UNREADABLE" | "OUTPUT_UNWRITABLE", path: string): CliError {
  return new CliError(code, `${visible(path)} is no regular file, and only those can be in a journal`);
}
