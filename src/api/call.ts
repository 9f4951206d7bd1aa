import { performance } from "node:perf_hooks";
import type { SignPathError } from "../base/errors.js";
import type { Config, RetryConfig } from "../config/config.js";
import type { Outcome } from "./attempt.js";
import { Attempt } from "./attempt.js";
import type { Failure, Progress } from "./failure.js";
import { abortError, networkFailure, timeoutFailure, tokenFailure } from "./failure.js";
import type { Lane, Lanes } from "./lanes.js";
import type { ApiAnswer, ApiRequest, SendOptions } from "./request.js";
import { nextDelayMs } from "./retry.js";
import { publishRequest } from "./telemetry.js";

/** What the calls of one client share. */
export interface Shared {
  readonly config: Config;
  readonly lanes: Lanes;
  /** Header fields of every request, but for the token and the content type. */
  readonly headers: readonly string[];
  readonly redact: (text: string) => string;
}

interface Settle {
  readonly resolve: (answer: ApiAnswer) => void;
  readonly reject: (error: SignPathError) => void;
}

/**
 * One call with all its attempts. The clock of its deadline runs from its first turn on: a long queue is the
 * caller's own doing, a slow server is not.
 */
export class Call {
  readonly #shared: Shared;
  readonly #request: ApiRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #retry: RetryConfig;
  readonly #connect: (lane: Lane) => Promise<void> | undefined;
  readonly #settle: Settle;
  readonly #onAbort: () => void;
  #begin = -1;
  #attempts = 0;
  #lane: Lane | undefined;
  #attempt: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;
  #callOffWait: (() => void) | undefined;
  #done = false;

  constructor(
    shared: Shared,
    request: ApiRequest,
    { signal, totalTimeoutMs }: SendOptions,
    connect: (lane: Lane) => Promise<void> | undefined,
    settle: Settle,
  ) {
    this.#shared = shared;
    this.#request = request;
    this.#signal = signal;
    const { retry } = shared.config;
    this.#retry = totalTimeoutMs === undefined ? retry : { ...retry, totalTimeoutMs };
    this.#connect = connect;
    this.#settle = settle;
    this.#onAbort = () => this.#abort();
  }

  start(): void {
    if (this.#signal?.aborted) {
      this.#abort();
      return;
    }
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#queue();
  }

  #queue(): void {
    const lane = this.#shared.lanes.take();
    if (lane !== undefined) this.#begun(lane);
    else this.#callOffWait = this.#shared.lanes.wait((granted) => this.#begun(granted));
  }

  #begun(lane: Lane): void {
    this.#callOffWait = undefined;
    this.#lane = lane;
    if (this.#begin < 0) this.#begin = performance.now();
    const retry = this.#retry;
    const limit = Math.min(retry.requestTimeoutMs, retry.totalTimeoutMs - this.#elapsed());
    this.#timer = setTimeout(() => this.#failed(timeoutFailure(limit), true), Math.max(1, limit));
    const authorization = this.#shared.config.token.authorization();
    const connecting = this.#connect(lane);
    if (typeof authorization === "string" && connecting === undefined) this.#dispatch(lane, authorization);
    else void this.#prepare(lane, authorization, connecting);
  }

  async #prepare(
    lane: Lane,
    authorization: string | Promise<string>,
    connecting: Promise<void> | undefined,
  ): Promise<void> {
    const timer = this.#timer;
    let failureOf = tokenFailure;
    try {
      const header = await authorization;
      failureOf = networkFailure;
      await connecting;
      if (this.#timer === timer && !this.#done) this.#dispatch(lane, header);
    } catch (error) {
      if (this.#timer === timer && !this.#done) this.#failed(failureOf(error), false);
    }
  }

  #dispatch(lane: Lane, authorization: string): void {
    const { method, path, contentType, body, maxBytes } = this.#request;
    const attempt = new Attempt(maxBytes, this.#shared.redact, (outcome) => this.#ended(outcome));
    this.#attempt = attempt;
    this.#attempts++;
    const headers = [...this.#shared.headers, "authorization", authorization];
    if (contentType !== undefined) headers.push("content-type", contentType);
    const { origin } = this.#shared.config.baseUrl;
    try {
      lane.dispatcher?.dispatch({ origin, method, path, headers, body: body ?? null }, attempt);
    } catch (error) {
      this.#failed(networkFailure(error), true);
    }
  }

  #ended(outcome: Outcome): void {
    if (outcome.kind === "failure") {
      this.#failed(outcome.failure, outcome.broken);
      return;
    }
    const { status, headers, body } = outcome;
    this.#publish("answer", status);
    this.#finish(false);
    this.#settle.resolve({ status, headers, body, attempts: this.#attempts, elapsedMs: this.#elapsed() });
  }

  #failed(failure: Failure, broken: boolean): void {
    const elapsedMs = this.#elapsed();
    const delayMs = nextDelayMs(failure, this.#attempts, elapsedMs, this.#request.repeatable, this.#retry);
    if (delayMs === undefined) {
      this.#finish(broken);
      const error = failure.toError(this.#progress());
      publishRequest(() => ({
        type: "failure",
        what: this.#request.what,
        attempt: this.#attempts,
        code: failure.code,
        elapsedMs,
      }));
      this.#settle.reject(error);
      return;
    }
    publishRequest(() => ({
      type: "retry",
      what: this.#request.what,
      attempt: this.#attempts,
      code: failure.code,
      message: failure.toError(this.#progress()).message,
      delayMs,
      elapsedMs,
    }));
    this.#leaveLane(broken);
    this.#timer = setTimeout(() => this.#queue(), delayMs);
  }

  #abort(): void {
    if (this.#done) return;
    const progress = this.#progress();
    this.#finish(true);
    this.#settle.reject(abortError(this.#signal?.reason, progress));
  }

  #publish(type: "answer", status: number): void {
    publishRequest(() => ({
      type,
      what: this.#request.what,
      attempt: this.#attempts,
      status,
      elapsedMs: this.#elapsed(),
    }));
  }

  #progress(): Progress {
    const { host } = this.#shared.config.baseUrl;
    return { request: this.#request, host, attempts: this.#attempts, elapsedMs: this.#elapsed() };
  }

  #elapsed(): number {
    return this.#begin < 0 ? 0 : performance.now() - this.#begin;
  }

  #finish(broken: boolean): void {
    this.#done = true;
    this.#callOffWait?.();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#leaveLane(broken);
  }

  /** Ends the attempt. A connection with an unread answer, or none yet, is not used again. */
  #leaveLane(broken: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#attempt?.abandon();
    const lane = this.#lane;
    if (lane === undefined) return;
    this.#lane = undefined;
    if (broken && this.#attempt !== undefined) {
      void lane.dispatcher?.destroy();
      lane.dispatcher = undefined;
    }
    this.#attempt = undefined;
    this.#shared.lanes.release(lane);
  }
}
