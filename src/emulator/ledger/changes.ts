import type { Logged, SigningRequest } from "./signing-request.js";
import { isOpen, isSigningRequest, resultOf } from "./signing-request.js";

/** What has happened to an entry of the log. */
export interface LedgerChange {
  readonly what: "added" | "changed";
  readonly id: string;
  readonly sequence: number;
}

/** What a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** Tells whoever listens of changes. No timer runs where nobody does. */
export class Changes {
  readonly #listeners = new Set<(change: LedgerChange) => void>();
  /** By the entry's id. */
  readonly #timers = new Map<string, NodeJS.Timeout>();

  listen(listener: (change: LedgerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(what: LedgerChange["what"], logged: Logged): void {
    if (this.#listeners.size === 0) return;
    const change = { what, id: logged.id, sequence: logged.sequence };
    for (const listener of [...this.#listeners]) listener(change);
    if (isSigningRequest(logged)) this.#tellLater(logged);
  }

  close(): void {
    this.#listeners.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** What comes with the time is told as well. */
  #tellLater(request: SigningRequest): void {
    const { id } = request;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const at = request.readyAt ?? request.expiresAt;
    if (at === undefined || !isOpen(resultOf(request))) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(id);
        this.tell("changed", request);
      },
      Math.min(at - Date.now() + 1, LONGEST_MS),
    );
    timer.unref();
    this.#timers.set(id, timer);
  }
}
