import { randomUUID } from "node:crypto";
import type { LedgerChange } from "./changes.js";
import { Changes } from "./changes.js";
import type { AuditEntry, Decision } from "./entry.js";
import { KeptEntries } from "./kept-entries.js";
import type { AuditLogPage, AuditLogQuery } from "./query.js";
import { matcherOf } from "./query.js";
import type {
  Attempt,
  Logged,
  RefusedSubmission,
  Restorable,
  SigningRequest,
  Submission,
} from "./signing-request.js";
import { entryOf, isOpen, isSigningRequest, logEntryOf, resultOf, stateOf } from "./signing-request.js";

export interface LedgerOptions {
  /** How long a signing request that is not fast stays in progress. */
  readonly processingMs: number;
  /** How many entries are kept. */
  readonly capacity: number;
  /** How many users have to approve a signing request of a policy with an approval process. */
  readonly approvalsNeeded: number;
  /** How long an approval is waited for; `undefined`: for ever. */
  readonly approvalExpiryMs: number | undefined;
}

/** How a signing request that somebody has to decide about can go on. */
export type Verdict = Exclude<Decision["verdict"], "expired">;

/** Who decides, and why; both may be left out. */
export interface DecisionNote {
  readonly by?: string | undefined;
  readonly comment?: string | undefined;
}

/** Keeps what happens. */
export interface Recorder {
  added(logged: Logged): void;
  decided(request: SigningRequest, decision: Decision): void;
  signed(request: SigningRequest, signature: string): void;
}

/** Entries that one page looks at: what is asked for may be rare. */
const MAX_WALK = 10_000;
/** What is kept of the texts of a submission that was refused: nobody has looked at them. */
const MAX_TEXT = 500;

/** The newest signing requests and refused submissions. Where one stands follows from the time. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #entries: KeptEntries;
  readonly #changes = new Changes();
  #recorder: Recorder | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#entries = new KeptEntries(options.capacity);
  }

  /** Entries that are kept, refused submissions among them. */
  get count(): number {
    return this.#entries.count;
  }

  /** The sequence of the oldest entry. */
  get firstSequence(): number {
    return this.#entries.firstSequence;
  }

  /** The sequence of the entry that comes next. */
  get nextSequence(): number {
    return this.#entries.nextSequence;
  }

  at(sequence: number): Logged | undefined {
    return this.#entries.at(sequence);
  }

  /** Whether a signing request may still have to be signed with that key. */
  needsKey(keyId: string): boolean {
    return this.#entries.needKey(keyId);
  }

  /** Lets somebody keep what happens from now on. */
  recordTo(recorder: Recorder): void {
    this.#recorder = recorder;
  }

  add(submission: Submission): SigningRequest {
    const { processingMs, approvalsNeeded, approvalExpiryMs } = this.#options;
    const { approval } = submission.policy;
    const now = Date.now();
    const standing = {
      id: randomUUID(),
      approvalsNeeded: approval ? approvalsNeeded : 0,
      expiresAt: approval && approvalExpiryMs !== undefined ? now + approvalExpiryMs : undefined,
      readyAt: approval ? undefined : now + (submission.fast ? 0 : processingMs),
      decisions: [],
    };
    return this.#announced(this.#entries.add(submission, standing));
  }

  /** Logs a submission that was answered with an error. */
  refuse(attempt: Attempt, status: number, problem: string): RefusedSubmission {
    const { projectSlug, signingPolicySlug } = attempt;
    const refused = {
      ...attempt,
      projectSlug: projectSlug && shortened(projectSlug),
      signingPolicySlug: signingPolicySlug && shortened(signingPolicySlug),
      refusal: { status, problem: shortened(problem) },
    };
    return this.#announced(this.#entries.addRefused({ ...refused, id: randomUUID() }));
  }

  /** Takes in what an earlier emulator has kept, without a word. */
  restore(kept: Restorable): void {
    if (this.#entries.find(kept.id) !== undefined) return;
    if ("refusal" in kept) this.#entries.addRefused(kept);
    else this.#entries.add(kept, kept);
  }

  /** The same for a decision, which may be known already. */
  restoreDecision(id: string, decision: Decision, readyAt: number | undefined): void {
    const request = this.find(id);
    if (request === undefined) return;
    const isKnown = request.decisions.some(
      ({ verdict, by, at }) =>
        verdict === decision.verdict && by === decision.by && at.getTime() === decision.at.getTime(),
    );
    if (!isKnown) this.#entries.decided(request, decision, readyAt);
  }

  restoreSignature(id: string, signature: string): void {
    const request = this.find(id);
    if (request !== undefined) this.#entries.signed(request, signature);
  }

  find(id: string): SigningRequest | undefined {
    const logged = this.#entries.find(id);
    return logged !== undefined && isSigningRequest(logged) ? logged : undefined;
  }

  /** The same, and refused submissions as well. */
  findLogged(id: string): Logged | undefined {
    return this.#entries.find(id);
  }

  /**
   * Ends what is still open, or approves what waits for that.
   *
   * @throws RangeError where there is nothing to decide, or the same user has approved already
   */
  decide(id: string, verdict: Verdict, { by, comment }: DecisionNote = {}): void {
    const request = this.find(id.toLowerCase());
    const result = request && resultOf(request);
    const decidable =
      verdict === "approved" || verdict === "denied" ? result === "pending" : result && isOpen(result);
    if (request === undefined || !decidable) {
      const status = request === undefined ? "unknown" : stateOf(request).status;
      throw new RangeError(`Signing request ${id} cannot be ${verdict}: ${status}.`);
    }
    if (verdict === "approved" && by !== undefined && request.decisions.some((each) => each.by === by)) {
      throw new RangeError(
        `Signing request ${id} has been approved by ${by} already; it needs somebody else.`,
      );
    }
    const decision = { verdict, by, at: new Date(), comment };
    const isApproved = verdict === "approved" && request.decisions.length + 1 >= request.approvalsNeeded;
    this.#entries.decided(
      request,
      decision,
      isApproved ? Date.now() + this.#options.processingMs : request.readyAt,
    );
    this.#recorder?.decided(request, decision);
    this.#changes.tell("changed", request);
  }

  /** Keeps a signature that was made after the submission. */
  sign(request: SigningRequest, signature: string): void {
    this.#entries.signed(request, signature);
    this.#recorder?.signed(request, signature);
  }

  /** The signing requests, oldest first. */
  toArray(): AuditEntry[] {
    return this.#entries.requests().map(entryOf);
  }

  /** How many signing requests wait for an approval. */
  get pendingCount(): number {
    return this.#entries.pending().length;
  }

  /**
   * What a page shows of the log. Without a filter it costs the same however long the log is; what waits for an approval is
   * found however much came after it.
   */
  page(query: AuditLogQuery): AuditLogPage {
    const matches = matcherOf(query);
    if (query.status === "pending") return this.#pageOfPending(query, matches);
    const first = this.firstSequence;
    const entries: AuditLogPage["entries"][number][] = [];
    let sequence = Math.min(query.before ?? this.nextSequence, this.nextSequence);
    const last = Math.max(first, sequence - MAX_WALK);
    while (sequence > last && entries.length < query.limit) {
      sequence--;
      const logged = this.at(sequence);
      if (logged !== undefined && matches(logged)) entries.push(logEntryOf(logged));
    }
    return { entries, next: sequence > first ? sequence : undefined };
  }

  #pageOfPending({ before, limit }: AuditLogQuery, matches: (logged: Logged) => boolean): AuditLogPage {
    const all = this.#entries
      .pending()
      .filter((request) => (before === undefined || request.sequence < before) && matches(request))
      .reverse();
    const shown = all.slice(0, limit);
    return { entries: shown.map(entryOf), next: all.length > limit ? shown.at(-1)?.sequence : undefined };
  }

  /** Calls the listener for each change from now on; gives what ends that. */
  onChange(listener: (change: LedgerChange) => void): () => void {
    return this.#changes.listen(listener);
  }

  close(): void {
    this.#changes.close();
  }

  #announced<T extends Logged>(logged: T): T {
    this.#recorder?.added(logged);
    this.#changes.tell("added", logged);
    return logged;
  }
}

/** A plain slice would keep the whole text alive. */
function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : Buffer.from(text.slice(0, MAX_TEXT)).toString();
}
