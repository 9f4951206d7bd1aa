import { randomUUID } from "node:crypto";
import { Ring } from "../ring.js";
import type { AuditEntry, Decision } from "./entry.js";
import { Interned } from "./interned.js";
import type { Page, PageQuery } from "./query.js";
import { matcherOf } from "./query.js";
import type { Attempt, Logged, RefusedSubmission, SigningRequest, Submission } from "./signing-request.js";
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

/** What has happened to an entry of the log. */
export interface LedgerChange {
  readonly what: "added" | "changed";
  readonly id: string;
  readonly sequence: number;
}

/** How a signing request that somebody has to decide about can go on. */
export type Verdict = Exclude<Decision["verdict"], "expired">;

/** Who decides, and why; both may be left out. */
export interface DecisionNote {
  readonly by?: string | undefined;
  readonly comment?: string | undefined;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** Entries that one page looks at: what is asked for may be rare. */
const MAX_WALK = 10_000;
/** What is kept of a refusal's words. */
const MAX_PROBLEM = 1000;

/** The newest signing requests and refused submissions. Where one stands follows from the time. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #log: Ring<{ readonly logged: Logged; readonly bytes: number }>;
  readonly #byId = new Map<string, Logged>();
  readonly #metadata = new Interned();
  readonly #listeners = new Set<(change: LedgerChange) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #next = 1;
  #bytes = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#log = new Ring(options.capacity);
  }

  /** Entries that are kept, refused submissions among them. */
  get count(): number {
    return this.#log.size;
  }

  add(submission: Submission): SigningRequest {
    const { processingMs, approvalsNeeded, approvalExpiryMs } = this.#options;
    const { approval } = submission.policy;
    const now = Date.now();
    const request: SigningRequest = {
      ...submission,
      sequence: this.#next,
      id: randomUUID(),
      approvalsNeeded: approval ? approvalsNeeded : 0,
      expiresAt: approval && approvalExpiryMs !== undefined ? now + approvalExpiryMs : undefined,
      readyAt: approval ? undefined : now + (submission.fast ? 0 : processingMs),
      decisions: [],
    };
    return this.#keep(request);
  }

  /** Logs a submission that was answered with an error. */
  refuse(attempt: Attempt, status: number, problem: string): RefusedSubmission {
    const refusal = { status, problem: problem.slice(0, MAX_PROBLEM) };
    return this.#keep({ ...attempt, sequence: this.#next, id: randomUUID(), refusal });
  }

  find(id: string): SigningRequest | undefined {
    const logged = this.#byId.get(id);
    return logged !== undefined && isSigningRequest(logged) ? logged : undefined;
  }

  /** The same, and refused submissions as well. */
  findLogged(id: string): Logged | undefined {
    return this.#byId.get(id);
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
    request.decisions = [...request.decisions, { verdict, by, at: new Date(), comment }];
    if (verdict === "approved" && request.decisions.length >= request.approvalsNeeded) {
      request.readyAt = Date.now() + this.#options.processingMs;
    }
    this.#tell("changed", request);
  }

  /** Keeps a signature that was made after the submission. */
  sign(request: SigningRequest, signature: Buffer): void {
    request.signature = signature;
  }

  /** The signing requests, oldest first. */
  toArray(): AuditEntry[] {
    const entries: AuditEntry[] = [];
    for (const { logged } of this.#log.toArray()) if (isSigningRequest(logged)) entries.push(entryOf(logged));
    return entries;
  }

  /** What a page shows of the log. Without a filter it costs the same however long the log is. */
  page(query: PageQuery): Page {
    const matches = matcherOf(query);
    const first = this.#next - this.#log.size;
    const entries: Page["entries"][number][] = [];
    let sequence = Math.min(query.before ?? this.#next, this.#next);
    const last = Math.max(first, sequence - MAX_WALK);
    while (sequence > last && entries.length < query.limit) {
      sequence--;
      const kept = this.#log.at(sequence - first);
      if (kept !== undefined && matches(kept.logged)) entries.push(logEntryOf(kept.logged));
    }
    return { entries, next: sequence > first ? sequence : undefined };
  }

  /** Calls the listener for each change from now on; gives what ends that. */
  onChange(listener: (change: LedgerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#listeners.clear();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #keep<T extends Logged>(logged: T): T {
    const { value, bytes } = this.#metadata.intern(logged.metadata);
    const { payload } = logged;
    const shared =
      payload !== undefined && Object.hasOwn(payload, "Metadata") ? { Metadata: value } : undefined;
    const kept = {
      ...logged,
      metadata: value,
      ...(shared !== undefined && { payload: { ...payload, ...shared } }),
    };
    const size = bytes + (kept.description?.length ?? 0);
    this.#next++;
    this.#bytes += size;
    this.#byId.set(kept.id, kept);
    this.#forget(this.#log.push({ logged: kept, bytes: size }));
    while (this.#bytes > MAX_BYTES && this.#log.size > 1) this.#forget(this.#log.shift());
    this.#tell("added", kept);
    return kept;
  }

  #forget(dropped: { readonly logged: Logged; readonly bytes: number } | undefined): void {
    if (dropped === undefined) return;
    this.#byId.delete(dropped.logged.id);
    this.#bytes -= dropped.bytes;
  }

  #tell(what: LedgerChange["what"], logged: Logged): void {
    if (this.#listeners.size === 0) return;
    const change = { what, id: logged.id, sequence: logged.sequence };
    for (const listener of [...this.#listeners]) listener(change);
    if (isSigningRequest(logged)) this.#tellLater(logged);
  }

  /** What comes with the time is told as well, as long as somebody listens. */
  #tellLater(request: SigningRequest): void {
    const at = request.readyAt ?? request.expiresAt;
    if (at === undefined || !isOpen(resultOf(request))) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#tell("changed", request);
      },
      Math.min(at - Date.now() + 1, 2 ** 31 - 1),
    );
    timer.unref();
    this.#timers.add(timer);
  }
}
