import { isSignal } from "../../base/abort.js";
import type { SignPathErrorStage } from "../../base/errors.js";
import { SignPathError } from "../../base/errors.js";
import type { Config } from "../../config/config.js";
import type { Shared } from "./call.js";
import { Call } from "./call.js";
import { dispatcherFactory } from "./dispatcher.js";
import type { Lane } from "./lane.js";
import { Lanes } from "./lanes.js";
import type { ApiRequest, SendOptions } from "./request.js";
import { RequestHeaders } from "./request.js";
import { USER_AGENT } from "./user-agent.js";

/**
 * The one place that sends requests: to the API's origin and no other, with deadlines, retries and a limit of
 * requests in flight. Redirects are not followed.
 */
export class Transport {
  readonly #shared: Shared;
  #inFlight = 0;
  /** Operations of several requests that are under way. */
  #operations = 0;
  #open: ReturnType<typeof dispatcherFactory> | undefined;
  #closed: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(config: Config) {
    this.#shared = {
      config,
      origin: config.baseUrl.origin,
      lanes: new Lanes(config.maxConcurrency),
      headers: new RequestHeaders(["user-agent", USER_AGENT, "accept", "application/json"]),
      redact: (text) => config.token.redact(text),
      connect: (lane) => this.#connect(lane),
      settled: () => this.#settled(),
    };
  }

  /**
   * Sends a request until it succeeds or fails for good.
   *
   * @throws {SignPathError} see the codes in `failure.ts`; `ABORTED` where the signal or {@link close} ended it.
   */
  send<Result>(request: ApiRequest<Result>, options: SendOptions = {}): Promise<Result> {
    if (this.#closed !== undefined && this.#operations === 0)
      return Promise.reject(closedError(request.stage, request.signingRequestId));
    if (!isSignal(options.signal)) return Promise.reject(new TypeError("signal must be an AbortSignal"));
    this.#inFlight++;
    return new Promise((resolve, reject) => {
      new Call(this.#shared, request, options, resolve, reject).start();
    });
  }

  /** Calls that have not ended, including those that wait for their turn. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Begins an operation of several requests, which {@link close} waits for as a whole, until its {@link end}.
   *
   * @throws {SignPathError} `ABORTED` where the client is closed
   */
  begin(stage: SignPathErrorStage): void {
    if (this.#closed !== undefined) throw closedError(stage);
    this.#operations++;
  }

  /** Ends what {@link begin} began. */
  end(): void {
    this.#operations--;
    this.#tellIdle();
  }

  /** Whether {@link close} was called. */
  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  /** Waits for what is in flight, then closes all connections. Later calls are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#inFlight + this.#operations > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await Promise.all(this.#shared.lanes.all.map((lane) => lane.close()));
  }

  #settled(): void {
    this.#inFlight--;
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#inFlight + this.#operations === 0) this.#idle?.();
  }

  /** Gives the lane its connection, which is made when the first request is sent over it. */
  #connect(lane: Lane): void {
    if (lane.dispatcher !== undefined) return;
    this.#open ??= dispatcherFactory(this.#shared.config);
    lane.dispatcher = this.#open();
  }
}

function closedError(stage: SignPathErrorStage, signingRequestId?: string): SignPathError {
  return new SignPathError("ABORTED", "The SignPath client is closed", { stage, signingRequestId });
}
