import type { ServerResponse } from "node:http";
import { problem } from "../http/problem.js";
import type { Reply } from "../http/reply.js";

/** As many as listen at once: each is a connection. */
const MAX_LISTENERS = 64;
/** Changes within that time are told as one. */
const GATHER_MS = 100;
/** A connection that says nothing for longer may be cut by what stands between. */
const HEARTBEAT_MS = 20_000;

/**
 * Tells browsers that something has changed, by Server-Sent Events. What has changed they fetch: so nothing piles up here,
 * however fast it goes and however slowly one reads.
 */
export class Live {
  readonly #listeners = new Set<ServerResponse>();
  #gathering: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #revision = 0;
  readonly #watch: (listener: () => void) => () => void;
  #unwatch: (() => void) | undefined;

  /** @param watch has somebody called at every change of the log, until the function that it gives is called */
  constructor(watch: (listener: () => void) => () => void) {
    this.#watch = watch;
  }

  /** Connections that are told. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Something has changed. */
  changed(): void {
    if (this.#listeners.size === 0) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#tell(`id: ${++this.#revision}\ndata: changed\n\n`);
    }, GATHER_MS);
  }

  /** The answer to who wants to be told. */
  subscribe(): Reply {
    if (this.#listeners.size >= MAX_LISTENERS) {
      return problem(503, `There are ${MAX_LISTENERS} listeners already.`, { "Retry-After": "10" });
    }
    return {
      status: 200,
      headers: {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
      },
      body: { stream: (response) => this.#add(response) },
    };
  }

  #add(response: ServerResponse): void {
    if (response.destroyed) return;
    // A connection can be lost between two events of it, and what is written then is an error of nobody.
    response.on("error", () => undefined);
    this.#listeners.add(response);
    this.#unwatch ??= this.#watch(() => this.changed());
    this.#heartbeat ??= setInterval(() => this.#tell(": still here\n\n"), HEARTBEAT_MS);
    response.once("close", () => this.#remove(response));
    response.write("retry: 1000\n\n");
  }

  #remove(response: ServerResponse): void {
    this.#listeners.delete(response);
    if (this.#listeners.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#gathering);
    this.#heartbeat = undefined;
    this.#gathering = undefined;
  }

  /** Who has not read what came before is passed over: once it has, it is told that there was a change. */
  #tell(event: string): void {
    for (const response of this.#listeners) {
      if (!response.writableNeedDrain) response.write(event);
      else if (response.listenerCount("drain") === 0) response.once("drain", () => response.write(event));
    }
  }
}
