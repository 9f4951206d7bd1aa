import type { LookupFunction } from "node:net";
import type { ProxyConfig, RetryConfig, TlsConfig } from "../../config/config.js";
import type { Shared } from "./call.js";
import { Call } from "./call.js";
import { dispatcherFactory } from "./dispatcher.js";
import type { Lane } from "./lane.js";
import { Lanes } from "./lanes.js";
import type { Pace } from "./pace.js";
import type { Peer } from "./peer.js";
import type { ApiRequest, SendOptions } from "./request.js";
import { RequestHeaders } from "./request.js";
import { USER_AGENT } from "./user-agent.js";

/** A server, and how it is to be asked. */
export interface EndpointSettings {
  readonly peer: Peer;
  readonly address: URL;
  readonly retry: RetryConfig;
  readonly proxy: ProxyConfig | undefined;
  readonly tls: TlsConfig;
  /** Requests in flight at once. */
  readonly maxConcurrency: number;
  /** Value of the `Accept` header. */
  readonly accept: string;
  readonly authorization: Shared["authorization"];
  readonly redact: (text: string) => string;
  /** The least distance of requests, where there is one beside what the server itself asks for. */
  readonly pace?: Pace | undefined;
  /** In place of Node's `dns.lookup`, where it is connected to directly. */
  readonly lookup?: LookupFunction | undefined;
}

/** One origin with its connections, deadlines, retries and limits. Redirects are not followed. */
export class Endpoint {
  readonly #settings: EndpointSettings;
  readonly #shared: Shared;
  #inFlight = 0;
  #open: ReturnType<typeof dispatcherFactory> | undefined;

  /** @param settled - is told of each call when it has ended */
  constructor(settings: EndpointSettings, settled: () => void) {
    this.#settings = settings;
    const { peer, address, retry, maxConcurrency, accept, authorization, redact, pace } = settings;
    this.#shared = {
      peer,
      origin: address.origin,
      host: address.host,
      retry,
      lanes: new Lanes(maxConcurrency, pace),
      headers: new RequestHeaders(["user-agent", USER_AGENT, "accept", accept]),
      authorization,
      redact,
      connect: (lane) => this.#connect(lane),
      settled: () => {
        this.#inFlight--;
        settled();
      },
    };
  }

  /** Sends a request until it succeeds or fails for good. */
  send<Result>(request: ApiRequest<Result>, options: SendOptions): Promise<Result> {
    this.#inFlight++;
    return new Promise((resolve, reject) => {
      new Call(this.#shared, request, options, resolve, reject).start();
    });
  }

  /** Calls that have not ended, including those that wait for their turn. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#shared.lanes.all.map((lane) => lane.close()));
  }

  /** Gives the lane its connection, which is made when the first request is sent over it. */
  #connect(lane: Lane): void {
    if (lane.dispatcher !== undefined) return;
    const { address, proxy, tls, retry, lookup } = this.#settings;
    const { origin } = address;
    const connectTimeoutMs = retry.requestTimeoutMs;
    this.#open ??= dispatcherFactory({ origin, proxy, tls, connectTimeoutMs, lookup });
    lane.dispatcher = this.#open();
  }
}
