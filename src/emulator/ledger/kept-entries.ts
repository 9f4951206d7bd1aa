import { Ring } from "../ring.js";
import type { Decision } from "./entry.js";
import { Interned } from "./interned.js";
import type { Logged, RefusedSubmission, SigningRequest, Standing, Submission } from "./signing-request.js";
import { isSigningRequest, keptRefusal, keptRequest, resultOf } from "./signing-request.js";

const MAX_BYTES = 64 * 1024 * 1024;

/** The newest entries, as many as there is room for, with what is looked up in them. */
export class KeptEntries {
  readonly #log: Ring<{ readonly logged: Logged; readonly bytes: number }>;
  readonly #byId = new Map<string, Logged>();
  readonly #metadata = new Interned();
  /** Those whose key may still be needed. */
  readonly #unsigned = new Set<SigningRequest>();
  /** Those that nobody has decided about, oldest first; some of them may have expired. */
  readonly #undecided = new Set<SigningRequest>();
  #next = 1;
  #bytes = 0;

  /** @param capacity - how many there are at most */
  constructor(capacity: number) {
    this.#log = new Ring(capacity);
  }

  /** How many there are. */
  get count(): number {
    return this.#log.size;
  }

  /** The sequence of the oldest one. */
  get firstSequence(): number {
    return this.#next - this.#log.size;
  }

  /** The sequence of the one that comes next. */
  get nextSequence(): number {
    return this.#next;
  }

  at(sequence: number): Logged | undefined {
    return this.#log.at(sequence - this.firstSequence)?.logged;
  }

  find(id: string): Logged | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  requests(): SigningRequest[] {
    return this.#log
      .toArray()
      .map(({ logged }) => logged)
      .filter(isSigningRequest);
  }

  /** Those that wait for an approval, oldest first. Expiry comes with the time: those that it has ended are let go here. */
  pending(): SigningRequest[] {
    for (const request of this.#undecided) {
      if (resultOf(request) !== "pending") this.#undecided.delete(request);
    }
    return [...this.#undecided];
  }

  /** Whether a signing request may still have to be signed with that key. */
  needKey(keyId: string): boolean {
    for (const { identity } of this.#unsigned) if (identity.keyId === keyId) return true;
    return false;
  }

  add(submission: Submission, standing: Standing): SigningRequest {
    const { value, bytes } = this.#metadata.intern(submission.metadata);
    const kept = keptRequest(this.#next, value, submission, standing);
    if (kept.signature === undefined) this.#unsigned.add(kept);
    if (isUndecided(kept)) this.#undecided.add(kept);
    return this.#push(kept, bytes);
  }

  addRefused(refused: Omit<RefusedSubmission, "sequence">): RefusedSubmission {
    const { value, bytes } = this.#metadata.intern(refused.metadata);
    return this.#push(keptRefusal(this.#next, value, refused), bytes);
  }

  decided(request: SigningRequest, decision: Decision, readyAt: number | undefined): void {
    request.decisions = [...request.decisions, decision];
    request.readyAt = readyAt;
    if (!isUndecided(request)) this.#undecided.delete(request);
    if (decision.verdict !== "approved") this.#unsigned.delete(request);
  }

  signed(request: SigningRequest, signature: string): void {
    request.signature = signature;
    this.#unsigned.delete(request);
  }

  #push<T extends Logged>(kept: T, metadataBytes: number): T {
    const bytes = metadataBytes + (kept.description?.length ?? 0);
    this.#next++;
    this.#bytes += bytes;
    this.#byId.set(kept.id, kept);
    this.#forget(this.#log.push({ logged: kept, bytes }));
    while (this.#bytes > MAX_BYTES && this.#log.size > 1) this.#forget(this.#log.shift());
    return kept;
  }

  #forget(dropped: { readonly logged: Logged; readonly bytes: number } | undefined): void {
    if (dropped === undefined) return;
    this.#byId.delete(dropped.logged.id);
    if (isSigningRequest(dropped.logged)) {
      this.#unsigned.delete(dropped.logged);
      this.#undecided.delete(dropped.logged);
    }
    this.#bytes -= dropped.bytes;
  }
}

/** Whether it waits for an approval, or has done so until that came too late. */
function isUndecided({ readyAt, decisions }: SigningRequest): boolean {
  return readyAt === undefined && decisions.every(({ verdict }) => verdict === "approved");
}
