import { isSignal } from "../../base/abort.js";
import type { SignPathErrorStage } from "../../base/errors.js";
import { SignPathError } from "../../base/errors.js";
import type { Config } from "../../config/config.js";
import { Endpoint } from "./endpoint.js";
import { SIGNPATH } from "./peer.js";
import type { ApiRequest, SendOptions } from "./request.js";

/**
 * The one place that sends requests with the API token: to the API's origin and no other, with deadlines, retries and a
 * limit of requests in flight. Redirects are not followed.
 */
export class Transport {
  readonly #endpoint: Endpoint;
  /** Operations of several requests that are under way. */
  #operations = 0;
  #closed: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(config: Config) {
    const { baseUrl: address, token, retry, proxy, tls, maxConcurrency } = config;
    this.#endpoint = new Endpoint(
      {
        peer: SIGNPATH,
        address,
        retry,
        proxy,
        tls,
        maxConcurrency,
        accept: "application/json",
        authorization: () => token.authorization(),
        redact: (text) => token.redact(text),
      },
      () => this.#tellIdle(),
    );
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
    return this.#endpoint.send(request, options);
  }

  /** Calls that have not ended, including those that wait for their turn. */
  get inFlight(): number {
    return this.#endpoint.inFlight;
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
    if (this.inFlight + this.#operations > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#endpoint.close();
  }

  #tellIdle(): void {
    if (this.inFlight + this.#operations === 0) this.#idle?.();
  }
}

/** What a client that is closed says to later calls. */
export function closedError(stage: SignPathErrorStage, signingRequestId?: string): SignPathError {
  return new SignPathError("ABORTED", "The SignPath client is closed", { stage, signingRequestId });
}
