import { isSignal, unlessAborted } from "../../base/abort.js";
import type { SignPathErrorStage } from "../../base/errors.js";
import { messageOf, SignPathError } from "../../base/errors.js";
import { withoutSecrets } from "../../base/secrets.js";
import type { NetworkConfig } from "../../config/config.js";
import { isLoopback } from "../../config/proxy.js";
import type { ApiToken } from "../../config/token.js";
import { Endpoint } from "./endpoint.js";
import { FixedPace } from "./fixed-pace.js";
import { NotPublic } from "./not-public.js";
import type { Peer } from "./peer.js";
import { isAddress, isPublic, lookupPublic, requirePublic } from "./public-address.js";
import type { ApiAnswer, SendOptions } from "./request.js";
import { closedError } from "./transport.js";

/** A user name and a password for Basic authentication (RFC 7617). */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A request to another server than the API's. */
export interface OutsideRequest<Result> {
  /** What is asked for, in words for messages and diagnostics: `timestamp`. */
  readonly what: string;
  /** Whom it is asked of, as it stands within a sentence: `the timestamp authority`. */
  readonly peer: string;
  readonly stage: SignPathErrorStage;
  readonly method: "GET" | "POST";
  /** http or https, without credentials. */
  readonly url: URL;
  readonly credentials?: Credentials | undefined;
  /** Value of the `Accept` header. */
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: Buffer;
  /** The longest answer that is read, in bytes. */
  readonly maxBytes: number;
  /**
   * Refuse a host that has an address which is not of the public Internet, be it written as one or as a name. What was checked
   * is connected to; only a proxy looks the name up once more.
   */
  readonly onlyPublic?: boolean | undefined;
  /** At most so many requests a second to the URL from this process, those of other clients included. */
  readonly maxRequestsPerSecond?: number | undefined;
  /** Reads the answer; throws `Undecodable` where it is not what the request is answered with. */
  readonly decode: (answer: ApiAnswer) => Result;
}

/** Requests in flight at once, to one server. */
const MOST_IN_FLIGHT = 8;

/** Servers whose connections are kept. */
const MOST_ENDPOINTS = 32;

/**
 * Sends requests to other servers than the API's, such as timestamp authorities: with the proxy, the TLS settings, the
 * deadlines and the retries of the client, and never with its API token, which no address may hold either. Redirects are not
 * followed. An answer that has a content encoding, which none was asked for, or is too long is refused.
 */
export class Outside {
  readonly #config: NetworkConfig;
  readonly #token: ApiToken | undefined;
  /** By what they are made from, the one that was used last at the end. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** Requests that have not ended, with what is to be known before they are sent. */
  #underWay = 0;
  #closed: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** @param token - what no address may hold; left out where none is known */
  constructor(config: NetworkConfig, token?: ApiToken) {
    this.#config = config;
    this.#token = token;
  }

  /** Time limit of a request with all its attempts, where there is no other. */
  get totalTimeoutMs(): number {
    return this.#config.retry.totalTimeoutMs;
  }

  /**
   * Sends a request until it succeeds or fails for good.
   *
   * @throws {SignPathError} `CONFIG_INVALID` for an address that is neither http nor https or holds credentials or the API token, for
   * credentials over plain http to another machine, and for a host that is not public where it must be; `AUTHENTICATION_FAILED`, `FORBIDDEN`, `REQUEST_REJECTED`, `THROTTLED`,
   * `SERVICE_UNAVAILABLE`, `CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `INVALID_RESPONSE`; `ABORTED` where the signal or
   * {@link close} ended it. No credentials are part of any of them.
   */
  async send<Result>(request: OutsideRequest<Result>, options: SendOptions = {}): Promise<Result> {
    const { stage, url } = request;
    if (this.#closed !== undefined) throw closedError(stage);
    if (!isSignal(options.signal)) throw new TypeError("signal must be an AbortSignal");
    this.#requireAllowed(request);
    this.#underWay++;
    try {
      if (request.onlyPublic && !isAddress(url.hostname) && this.#config.proxyFor(url) !== undefined)
        await this.#requirePublicName(request, options.signal);
      return await this.#sendAllowed(request, options);
    } finally {
      this.#underWay--;
      this.#idle?.();
    }
  }

  #sendAllowed<Result>(request: OutsideRequest<Result>, options: SendOptions): Promise<Result> {
    const { what, stage, method, url, contentType, body, maxBytes, decode } = request;
    const path = url.pathname + url.search;
    const sent = { what, stage, method, path, maxBytes, repeatable: true, decode };
    return this.#endpointFor(request).send(
      {
        ...sent,
        ...(contentType !== undefined && { contentType }),
        ...(body !== undefined && { body: () => body }),
      },
      options,
    );
  }

  /** Waits for what is in flight, then closes all connections. Later calls are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    while (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
  }

  /** The proxy connects, and cannot be told to which address; it is not asked for a name that leads into the own network. */
  async #requirePublicName(
    { url, peer, stage }: OutsideRequest<unknown>,
    signal: AbortSignal | null | undefined,
  ): Promise<void> {
    const onAbort = (cause: unknown): SignPathError =>
      new SignPathError("ABORTED", `The call was aborted: ${messageOf(cause)}`, { stage, cause });
    try {
      await unlessAborted(requirePublic(url.hostname), signal ?? undefined, onAbort);
    } catch (error) {
      throw error instanceof NotPublic ? refusal({ url, peer, stage }, error.message) : error;
    }
  }

  #requireAllowed({ url, credentials, peer, stage, onlyPublic }: OutsideRequest<unknown>): void {
    // Not even its host is repeated.
    if (this.#token?.isInAddress(url.href))
      throw new SignPathError(
        "CONFIG_INVALID",
        `${peer} cannot be asked: its address holds the API token, which whoever is asked would read`,
        { stage },
      );
    const refuse = (reason: string): SignPathError => refusal({ url, peer, stage }, reason);
    if (!/^https?:$/.test(url.protocol)) throw refuse("its address must be http:// or https://");
    if (url.username !== "" || url.password !== "") throw refuse("its address must not hold credentials");
    if (onlyPublic && isAddress(url.hostname) && !isPublic(url.hostname))
      throw refuse("it is no public address");
    if (credentials === undefined) return;
    // RFC 7617, section 2
    if (credentials.username.includes(":")) throw refuse("there must be no colon in its user name");
    if (url.protocol === "http:" && !isLoopback(url.hostname) && !this.#config.allowInsecureHttp) {
      const remedy = "use https, or set allowInsecureHttp (SIGNPATH_ALLOW_INSECURE_HTTP=true)";
      throw refuse(`plain http would show its password to the network: ${remedy}`);
    }
  }

  #endpointFor(request: OutsideRequest<unknown>): Endpoint {
    const { url, credentials, accept, peer, maxRequestsPerSecond, onlyPublic } = request;
    const paced = maxRequestsPerSecond === undefined ? undefined : url.origin + url.pathname;
    const facts = [url.origin, credentials?.username, credentials?.password, accept, peer, onlyPublic];
    const key = JSON.stringify([...facts, paced, maxRequestsPerSecond]);
    const endpoint = this.#endpoints.get(key) ?? this.#open(request, paced);
    this.#endpoints.delete(key);
    this.#endpoints.set(key, endpoint);
    this.#forgetOthers();
    return endpoint;
  }

  #open(request: OutsideRequest<unknown>, paced: string | undefined): Endpoint {
    const { url, credentials, accept, peer, maxRequestsPerSecond, onlyPublic } = request;
    const { retry, tls, proxyFor } = this.#config;
    const authorization = credentials && basic(credentials);
    const isPaced = paced !== undefined && maxRequestsPerSecond !== undefined;
    return new Endpoint(
      {
        peer: peerCalled(peer),
        address: url,
        retry,
        proxy: proxyFor(url),
        tls,
        maxConcurrency: MOST_IN_FLIGHT,
        accept,
        authorization: () => authorization,
        redact: redactor(credentials),
        pace: isPaced ? new FixedPace(paced, maxRequestsPerSecond) : undefined,
        lookup: onlyPublic ? lookupPublic : undefined,
      },
      () => undefined,
    );
  }

  /** The addresses of authorities may come out of certificates: there is no end to them. */
  #forgetOthers(): void {
    if (this.#endpoints.size <= MOST_ENDPOINTS) return;
    for (const [key, endpoint] of this.#endpoints) {
      if (endpoint.inFlight > 0) continue;
      this.#endpoints.delete(key);
      void endpoint.close();
      return;
    }
  }
}

function refusal(
  { url, peer, stage }: Pick<OutsideRequest<unknown>, "url" | "peer" | "stage">,
  reason: string,
): SignPathError {
  return new SignPathError("CONFIG_INVALID", `${peer} ${url.host} cannot be asked: ${reason}`, { stage });
}

/** RFC 7617, section 2, in UTF-8. */
function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Takes credentials out of what a server says, in each form in which they were sent, be it escaped or not. */
export function redactor(credentials: Credentials | undefined): (text: string) => string {
  if (credentials === undefined) return (text) => text;
  const sent = basic(credentials).replace(/^Basic /, "");
  const secrets = [sent, credentials.password].filter((secret) => secret !== "");
  return (text) => withoutSecrets(text, secrets);
}

function peerCalled(name: string): Peer {
  return {
    name,
    unreached: `a connection to ${name} was not to be had`,
    redirect: "which is not followed. Check its address",
    advice: {
      AUTHENTICATION_FAILED: "Check its user name and password.",
      THROTTLED: "Try again later.",
      SERVICE_UNAVAILABLE: "It may be down: try again later.",
      CONNECTION_FAILED: "Check its address, the network and the proxy settings.",
      TLS_FAILED: "Check its address and the certificate authorities (option tls.ca, NODE_EXTRA_CA_CERTS).",
      TIMEOUT: "Try again later, or raise requestTimeoutMs.",
    },
    notFound: "Check its address.",
  };
}
