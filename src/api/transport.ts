import { SignPathError } from "../base/errors.js";
import type { Config } from "../config/config.js";
import type { Shared } from "./call.js";
import { Call } from "./call.js";
import type { Undici } from "./dispatcher.js";
import { dispatcherFactory } from "./dispatcher.js";
import type { Lane } from "./lanes.js";
import { Lanes } from "./lanes.js";
import type { ApiAnswer, ApiRequest, SendOptions } from "./request.js";
import { USER_AGENT } from "./user-agent.js";

/**
 * The one place that sends requests: to the API's origin and no other, with deadlines, retries and a limit of
 * requests in flight. Redirects are not followed.
 */
export class Transport {
  readonly #shared: Shared;
  readonly #inFlight = new Set<Call>();
  #undici: Promise<Undici> | undefined;
  #open: ReturnType<typeof dispatcherFactory> | undefined;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(config: Config) {
    this.#shared = {
      config,
      lanes: new Lanes(config.maxConcurrency),
      headers: ["user-agent", USER_AGENT, "accept", "application/json"],
      redact: (text) => config.token.redact(text),
    };
  }

  /**
   * Sends a request until it succeeds or fails for good.
   *
   * @throws {SignPathError} see the codes in `failure.ts`; `ABORTED` where the signal or {@link close} ended it.
   */
  send(request: ApiRequest, options: SendOptions = {}): Promise<ApiAnswer> {
    if (this.#closed) {
      const details = { stage: request.stage };
      return Promise.reject(new SignPathError("ABORTED", "The SignPath client is closed", details));
    }
    return new Promise((resolve, reject) => {
      const call = new Call(this.#shared, request, options, (lane) => this.#connect(lane), {
        resolve: (answer) => {
          this.#settled(call);
          resolve(answer);
        },
        reject: (error) => {
          this.#settled(call);
          reject(error);
        },
      });
      this.#inFlight.add(call);
      call.start();
    });
  }

  /** Waits for what is in flight, then closes all connections. Later calls are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#inFlight.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    const dispatchers = this.#shared.lanes.all.map((lane) => lane.dispatcher);
    for (const lane of this.#shared.lanes.all) lane.dispatcher = undefined;
    await Promise.all(dispatchers.map((dispatcher) => dispatcher?.destroy()));
  }

  #settled(call: Call): void {
    this.#inFlight.delete(call);
    if (this.#inFlight.size === 0) this.#idle?.();
  }

  /** Gives the lane its dispatcher: at once when undici is loaded, else as soon as it is. */
  #connect(lane: Lane): Promise<void> | undefined {
    if (lane.dispatcher !== undefined) return undefined;
    if (this.#open !== undefined) {
      lane.dispatcher = this.#open();
      return undefined;
    }
    this.#undici ??= import("undici");
    return this.#undici.then((undici) => {
      this.#open ??= dispatcherFactory(undici, this.#shared.config);
      lane.dispatcher ??= this.#open();
    });
  }
}
