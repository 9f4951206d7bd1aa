import { unlessAborted } from "./abort.js";

interface Work<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  callers: number;
}

/** Work that callers at the same time share, by key. It ends early only when none of them wants it any more. */
export class SharedWork<Result> {
  readonly #running = new Map<string, Work<Result>>();

  /**
   * Joins the work that is under way, or begins it.
   *
   * @param signal - of this caller, whom alone it ends, with what `onAbort` makes of the signal's reason
   */
  async join(
    key: string,
    begin: (signal: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
    onAbort: (reason: unknown) => Error = (reason) => new Error("aborted", { cause: reason }),
  ): Promise<Result> {
    const work = this.#running.get(key) ?? this.#begin(key, begin);
    work.callers++;
    try {
      return await unlessAborted(work.result, signal, onAbort);
    } finally {
      work.callers--;
      if (work.callers === 0) {
        if (this.#running.get(key) === work) this.#running.delete(key);
        work.controller.abort();
      }
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<Result>): Work<Result> {
    const controller = new AbortController();
    const result = begin(controller.signal);
    // Its callers may all be gone by the time that it fails.
    result.catch(() => undefined);
    const work = { result, controller, callers: 0 };
    this.#running.set(key, work);
    return work;
  }
}
