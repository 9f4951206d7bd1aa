import { performance } from "node:perf_hooks";
import { forgetAborted, onceAborted } from "../../base/abort.js";
import type { SignPathError } from "../../base/errors.js";
import type { RetryConfig } from "../../config/config.js";
import { Undecodable } from "../decode.js";
import type { AttemptListener, Outcome } from "./attempt.js";
import { Attempt } from "./attempt.js";
import type { Failure, Progress } from "./failure.js";
import { abortError, invalidResponse, networkFailure, timeoutFailure, tokenFailure } from "./failure.js";
import type { Lane, Timed } from "./lane.js";
import type { Lanes } from "./lanes.js";
import type { Peer } from "./peer.js";
import type { ApiRequest, RequestHeaders, SendOptions } from "./request.js";
import { nextDelayMs, patientDelayMs } from "./retry.js";
import type { EventOfCall } from "./telemetry.js";
import { nextCall, publishRequest, requestChannel } from "./telemetry.js";
import type { Waiter } from "./waiters.js";

/** What the calls to one server share. */
export interface Shared {
  readonly peer: Peer;
  readonly origin: string;
  readonly host: string;
  readonly retry: RetryConfig;
  /** The value of the `Authorization` header, if there is to be one. */
  readonly authorization: () => string | undefined | Promise<string>;
  readonly lanes: Lanes;
  readonly headers: RequestHeaders;
  readonly redact: (text: string) => string;
  /** Gives a lane its connection, if it has none. */
  readonly connect: (lane: Lane) => void;
  /** Is told of each call when it has ended. */
  readonly settled: () => void;
}

/**
 * One call with all its attempts. The clock of its deadline runs from its first turn on: a long queue is the caller's own
 * doing, a slow server is not. While the server answers nobody, it runs in the queue as well.
 */
export class Call<Result> implements AttemptListener, Timed, Waiter {
  readonly #shared: Shared;
  readonly #request: ApiRequest<Result>;
  readonly #signal: AbortSignal | undefined;
  readonly #ahead: boolean;
  readonly #retry: RetryConfig;
  readonly #resolve: (result: Result | Promise<Result>) => void;
  readonly #reject: (error: unknown) => void;
  #onAbort: (() => void) | undefined;
  #begin = -1;
  #attempts = 0;
  /** For events. */
  #number: number | undefined;
  #queuedAt = 0;
  /** When the attempt began. */
  #sentAt = 0;
  /** How often the token was waited for. */
  #turns = 0;
  /** Of the attempt, in milliseconds. */
  #limit = 0;
  #lane: Lane | undefined;
  #attempt: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isInQueue = false;
  /** How the attempt before ended, if this is not the first. */
  #last: Failure | undefined;
  /** Since when, of the call's time, attempts fail with which there is little patience. */
  #impatientSince: number | undefined;
  /** Looked at wherever code that is not ours has run: subscribers and the token's function may abort. */
  #done = false;

  constructor(
    shared: Shared,
    request: ApiRequest<Result>,
    { signal, limits, ahead = false }: SendOptions,
    resolve: (result: Result | Promise<Result>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#shared = shared;
    this.#request = request;
    this.#signal = signal ?? undefined;
    this.#ahead = ahead;
    const { retry } = shared;
    this.#retry = limits === undefined ? retry : { ...retry, ...limits };
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    if (this.#signal?.aborted) {
      this.#abort();
      return;
    }
    if (this.#signal !== undefined) {
      this.#onAbort = () => this.#abort();
      onceAborted(this.#signal, this.#onAbort);
    }
    this.#queue();
  }

  #queue(): void {
    const lane = this.#shared.lanes.take();
    if (lane !== undefined) {
      this.#begun(lane);
      return;
    }
    this.#queuedAt = performance.now();
    this.#isInQueue = true;
    this.#shared.lanes.wait(this, this.#isAhead);
    const last = this.#last;
    if (last === undefined) return;
    // The deadline runs by now.
    this.#timer = setTimeout(() => this.#giveUp(last, false), this.#retry.totalTimeoutMs - this.#elapsed());
  }

  get #hasBegun(): boolean {
    return this.#begin >= 0;
  }

  get #isAhead(): boolean {
    return this.#hasBegun || this.#ahead;
  }

  /** A signal that calls share ends them one by one: what one gives back is not for one that is about to end. */
  get isWaiting(): boolean {
    return this.#isInQueue && !this.#signal?.aborted;
  }

  get waitsUntil(): number {
    return this.#shared.lanes.outage.endOfPatience(this.#queuedAt, this.#retry.totalTimeoutMs);
  }

  starved(): void {
    const { failure } = this.#shared.lanes.outage;
    if (failure !== undefined) this.#giveUp(failure, false);
  }

  granted(lane: Lane): void {
    this.#isInQueue = false;
    this.#begun(lane, true);
  }

  #begun(lane: Lane, hasWaited = false): void {
    this.#endTimer();
    this.#lane = lane;
    this.#sentAt = performance.now();
    if (!this.#hasBegun) this.#begin = this.#sentAt;
    if (hasWaited && requestChannel.hasSubscribers)
      this.#publish({ type: "queue", waitedMs: this.#sentAt - this.#queuedAt });
    if (this.#done) return;
    const obsolete = this.#request.obsolete?.(this.#attempts);
    if (obsolete !== undefined) {
      this.#shared.lanes.throttle.untaken();
      this.#finish(false);
      this.#end(obsolete);
      return;
    }
    const retry = this.#retry;
    const limit = Math.min(retry.requestTimeoutMs, retry.totalTimeoutMs - (this.#sentAt - this.#begin));
    if (limit <= 0 && this.#last !== undefined) {
      this.#giveUp(this.#last, false);
      return;
    }
    this.#limit = limit;
    const authorization = this.#shared.authorization();
    const isAtHand = typeof authorization !== "object";
    if (!this.#done) lane.watch(this, this.#sentAt, this.#sentAt + limit, !isAtHand);
    if (isAtHand) this.#dispatch(lane, authorization);
    else void this.#prepare(lane, authorization);
  }

  /** The attempt takes too long. */
  expire(): void {
    this.#failed(timeoutFailure(this.#limit, this.#attempt?.sent ?? false), true);
  }

  /** Waits for the token, as long as the attempt lasts. */
  async #prepare(lane: Lane, authorization: Promise<string>): Promise<void> {
    const turn = ++this.#turns;
    const isOver = (): boolean => this.#turns !== turn || this.#lane !== lane;
    try {
      const header = await authorization;
      if (!isOver()) this.#dispatch(lane, header);
    } catch (error) {
      if (!isOver()) this.#failed(tokenFailure(error), false);
    }
  }

  #dispatch(lane: Lane, authorization: string | undefined): void {
    const { method, path, contentType, maxBytes } = this.#request;
    const attempt = new Attempt(maxBytes, this.#shared.redact, this);
    this.#attempt = attempt;
    this.#attempts++;
    if (requestChannel.hasSubscribers) this.#publish({ type: "attempt", attempt: this.#attempts });
    if (this.#done) return;
    const headers = this.#shared.headers.of(authorization, contentType);
    const { origin } = this.#shared;
    try {
      this.#shared.connect(lane);
      const body = this.#request.body?.() ?? null;
      lane.dispatcher?.dispatch({ origin, method, path, headers, body }, attempt);
    } catch (error) {
      this.#failed(networkFailure(error, false), true);
    }
  }

  /** An attempt ended. */
  ended(outcome: Outcome): void {
    if (outcome.kind === "failure") {
      this.#failed(outcome.failure, outcome.broken);
      return;
    }
    const { status, headers, body } = outcome;
    const { lanes } = this.#shared;
    lanes.throttle.accepted(performance.now());
    lanes.outage.answered();
    if (requestChannel.hasSubscribers) this.#publish({ type: "answer", attempt: this.#attempts, status });
    if (this.#done) return;
    this.#finish(false);
    try {
      this.#resolve(this.#request.decode({ headers, body, attempts: this.#attempts }));
    } catch (error) {
      const isAnswers = error instanceof Undecodable;
      if (isAnswers) this.#end(invalidResponse(error.message).toError(this.#progress()));
      else this.#reject(error);
    }
  }

  #failed(failure: Failure, broken: boolean): void {
    const elapsedMs = this.#elapsed();
    const { lanes } = this.#shared;
    if (failure.code === "THROTTLED")
      lanes.throttle.refused(performance.now(), this.#sentAt, failure.retryAfterMs);
    if (failure.transient) lanes.failed(failure);
    else lanes.outage.answered();
    this.#impatientSince = failure.patienceMs === undefined ? undefined : (this.#impatientSince ?? elapsedMs);
    const delayMs = patientDelayMs(
      nextDelayMs(failure, this.#attempts, elapsedMs, this.#request.repeatable, this.#retry),
      failure,
      elapsedMs - (this.#impatientSince ?? elapsedMs),
    );
    if (delayMs === undefined) {
      this.#giveUp(failure, broken);
      return;
    }
    if (requestChannel.hasSubscribers) {
      const { message } = failure.toError(this.#progress());
      this.#publish({ type: "retry", attempt: this.#attempts, code: failure.code, message, delayMs });
    }
    this.#leaveLane(broken);
    if (this.#done) return;
    this.#last = failure;
    this.#timer = setTimeout(() => this.#queue(), delayMs);
  }

  #giveUp(failure: Failure, broken: boolean): void {
    const progress = this.#progress();
    this.#finish(broken);
    this.#end(failure.toError(progress));
  }

  #end(error: SignPathError): void {
    if (requestChannel.hasSubscribers) {
      const { code, traceId } = error;
      this.#publish({
        type: "failure",
        attempt: this.#attempts,
        code,
        ...(traceId !== undefined && { traceId }),
      });
    }
    const recovered = this.#request.recover?.(error);
    if (recovered === undefined) this.#reject(error);
    else this.#resolve(recovered);
  }

  #abort(): void {
    if (this.#done) return;
    const progress = this.#progress();
    this.#finish(true);
    const error = abortError(this.#signal?.reason, progress);
    if (requestChannel.hasSubscribers) {
      this.#publish({ type: "failure", attempt: this.#attempts, code: error.code });
    }
    this.#reject(error);
  }

  #publish(event: EventOfCall): void {
    this.#number ??= nextCall();
    publishRequest(this.#request, this.#number, this.#elapsed(), event);
  }

  #progress(): Progress {
    const { peer, host } = this.#shared;
    const elapsedMs =
      this.#isInQueue && !this.#hasBegun ? performance.now() - this.#queuedAt : this.#elapsed();
    return { request: this.#request, peer, host, attempts: this.#attempts, elapsedMs };
  }

  #elapsed(): number {
    return this.#hasBegun ? performance.now() - this.#begin : 0;
  }

  #finish(broken: boolean): void {
    this.#done = true;
    this.#shared.settled();
    if (this.#isInQueue) {
      this.#isInQueue = false;
      this.#shared.lanes.leave(this.#isAhead);
    }
    if (this.#signal !== undefined && this.#onAbort !== undefined) forgetAborted(this.#signal, this.#onAbort);
    this.#leaveLane(broken);
  }

  /** Ends the attempt. A connection with an unread answer, or none yet, is not used again. */
  #leaveLane(broken: boolean): void {
    this.#endTimer();
    this.#attempt?.abandon();
    const lane = this.#lane;
    if (lane === undefined) return;
    this.#lane = undefined;
    lane.endWatch();
    if (broken && this.#attempt !== undefined) {
      void lane.dispatcher?.destroy();
      lane.dispatcher = undefined;
    }
    this.#attempt = undefined;
    this.#shared.lanes.release(lane);
  }

  /** Of a wait: for the next attempt, or for a lane. */
  #endTimer(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
