import { openAccount } from "./account.js";
import type { EmulatorPolicy } from "./catalogue.js";
import { Catalogue } from "./catalogue.js";
import { waitingTime } from "./faults/effect.js";
import type { Fault } from "./faults/fault.js";
import { FaultBook } from "./faults/fault-book.js";
import { listenerOf } from "./http/dispatch.js";
import type { LoggedRequest } from "./http/log.js";
import { RequestLog } from "./http/log.js";
import type { RateLimit, RateLimitCounts } from "./http/rate-limit.js";
import { RateLimiter } from "./http/rate-limit.js";
import { TIMESTAMP_PATH } from "./http/router.js";
import type { HttpServer } from "./http/server.js";
import { listen } from "./http/server.js";
import type { TlsServers } from "./http/tls.js";
import type { Authority } from "./keys/authority.js";
import { openAuthority } from "./keys/authority.js";
import type { Identity } from "./keys/identity.js";
import type { Rotation } from "./keys/key-ring.js";
import { KeyRing } from "./keys/key-ring.js";
import { serverIdentity, wrongServerIdentity } from "./keys/server-identity.js";
import { MEMORY, openDirectory } from "./keys/store.js";
import type { EmulatorOptions } from "./options.js";
import { settingsOf } from "./options.js";
import { Live } from "./pages/live.js";
import { Session } from "./pages/session.js";
import { seededRandom } from "./random.js";
import { HANDLERS } from "./routes/handlers.js";
import type { Service } from "./service.js";
import type { AuditEntry, Verdict } from "./submission/ledger.js";
import { Ledger } from "./submission/ledger.js";
import { TimestampIdentities } from "./timestamp/identities.js";

/**
 * A running emulator. Its signing policies are all in the project `demo`; keys and certificates are made when
 * they are first needed.
 */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; with `tls` it begins with `https`, and clients have to trust {@link rootCertificate}. */
  readonly origin: string;
  /** The `ApiUrl` of a client: the origin and `/Api`. */
  readonly apiUrl: string;
  /** Address of the timestamp authority (RFC 3161), whose certificate leads to {@link rootCertificate}. */
  readonly timestampUrl: string;
  readonly organizationId: string;
  readonly apiToken: string;
  /** The variables that a client reads: `SIGNPATH_API_URL`, `SIGNPATH_ORGANIZATION_ID`, `SIGNPATH_API_TOKEN`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly policies: readonly EmulatorPolicy[];
  /** PEM. */
  readonly rootCertificate: string;
  /** PEM: the certificate that signed those of the policies. */
  readonly intermediateCertificate: string;
  /** The newest 10 000 HTTP requests, oldest first: a new array each time, whose last entries may still change. */
  readonly requests: readonly LoggedRequest[];
  /** The newest 10 000 signing requests (fewer where they are large), oldest first. A new array each time. */
  readonly signingRequests: readonly AuditEntry[];
  /** TCP connections accepted since the start. */
  readonly connections: number;

  /** Makes all keys and certificates now: some seconds, for the sake of the long RSA keys. */
  prepare(): Promise<void>;
  /** The certificate of a policy, DER. Rejects where it has none. */
  certificateOf(signingPolicySlug: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The public key of a policy, as a PEM SubjectPublicKeyInfo. */
  publicKeyOf(signingPolicySlug: string): Promise<string>;
  /**
   * Gives a policy another certificate, and another key as well where `newKey`. Later requests meet the new ones. With
   * `validFrom` and `validTo` the certificate can be one that is over or is not valid yet.
   */
  rotateCertificate(
    signingPolicySlug: string,
    options: { readonly newKey: boolean; readonly validFrom?: Date; readonly validTo?: Date },
  ): Promise<void>;
  /** Gives the token's user the right to submit to a policy, or takes it. */
  setSubmitter(signingPolicySlug: string, submitter: boolean): void;

  /** Approves a signing request that waits for it: it is processed now. Throws a `RangeError` for another one. */
  approve(signingRequestId: string): void;
  /** Denies a signing request that waits for approval. */
  deny(signingRequestId: string): void;
  /** Cancels a signing request that is not over. */
  cancel(signingRequestId: string): void;
  /** Lets a signing request that is not over fail. */
  fail(signingRequestId: string): void;

  /** Orders a fault. Throws a `TypeError` where it is malformed. */
  addFault(fault: Fault): void;
  /** Forgets all faults; those that requests have met already go on. */
  clearFaults(): void;

  /** Sets how many requests a second the API takes, or lifts the limit. Throws a `TypeError` where it is malformed. */
  setRateLimit(limit: RateLimit | undefined): void;
  /** The API's requests since the start or the last change of the limit; without one all are accepted. */
  readonly rateLimitCounts: RateLimitCounts;
  /** Resets every connection and closes the port, and opens it again after so many milliseconds. */
  refuseConnections(ms: number): void;

  /** Ends all connections and waits for what is being made. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an emulator of SignPath's hash signing API on a loopback address, with keys and a certification
 * authority of its own.
 *
 * @param options where to listen, what to keep, what to get wrong
 * @returns the running emulator; it holds the process until it is closed
 * @throws TypeError where an option is malformed
 * @example
 * ```ts
 * const emulator = await startEmulator();
 * Object.assign(process.env, emulator.environment);
 * // ... a client signs with "demo/rsa-2048" ...
 * await emulator.close();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settingsOf(options);
  const random = settings.seed === undefined ? Math.random : seededRandom(settings.seed);
  const faults = new FaultBook(random, settings.tls);
  for (const fault of settings.faults) faults.add(fault);
  const limiter = new RateLimiter();
  limiter.set(settings.rateLimit);
  const store = settings.state === undefined ? MEMORY : await openDirectory(settings.state);
  const { organizationId, apiToken } = await openAccount(store, settings);
  const authority = await openAuthority(store);
  const catalogue = new Catalogue();
  const tls = settings.tls ? await tlsServers(authority, settings.host, faults) : undefined;
  const http = await listen(settings.host, settings.port, tls);
  const service: Service = {
    origin: http.origin,
    organizationId,
    apiToken,
    rootCertificate: authority.rootCertificate,
    intermediateCertificate: authority.intermediateCertificate,
    catalogue,
    keys: new KeyRing(store, authority, catalogue),
    timestamps: new TimestampIdentities(store, authority),
    ledger: new Ledger(settings.processingMs),
    log: new RequestLog(apiToken),
    faults,
    limiter,
    session: new Session(http.origin),
    live: new Live(),
    refuseConnections: (ms) => http.refuse(ms),
  };
  http.answer(listenerOf(service, HANDLERS));
  return new RunningEmulator(service, http);
}

async function tlsServers(authority: Authority, host: string, faults: FaultBook): Promise<TlsServers> {
  return {
    identity: await serverIdentity(authority, host),
    wrongIdentity: (what) => wrongServerIdentity(authority, host, what),
    nextFailure: () => faults.meetConnection(),
  };
}

class RunningEmulator implements Emulator {
  readonly origin: string;
  readonly apiUrl: string;
  readonly timestampUrl: string;
  readonly organizationId: string;
  readonly apiToken: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
  readonly #service: Service;
  readonly #http: HttpServer;
  #closing: Promise<void> | undefined;

  constructor(service: Service, http: HttpServer) {
    this.#service = service;
    this.#http = http;
    this.origin = service.origin;
    this.apiUrl = `${service.origin}/Api`;
    this.timestampUrl = service.origin + TIMESTAMP_PATH;
    this.organizationId = service.organizationId;
    this.apiToken = service.apiToken;
    this.rootCertificate = service.rootCertificate;
    this.intermediateCertificate = service.intermediateCertificate;
    this.environment = Object.freeze({
      SIGNPATH_API_URL: this.apiUrl,
      SIGNPATH_ORGANIZATION_ID: this.organizationId,
      SIGNPATH_API_TOKEN: this.apiToken,
    });
  }

  get policies(): EmulatorPolicy[] {
    return this.#service.catalogue.list();
  }

  get requests(): LoggedRequest[] {
    return this.#service.log.toArray();
  }

  get signingRequests(): AuditEntry[] {
    return this.#service.ledger.toArray();
  }

  get connections(): number {
    return this.#http.connections();
  }

  async prepare(): Promise<void> {
    const { keys, timestamps } = this.#service;
    await Promise.all([keys.prepare(), timestamps.own()]);
  }

  async certificateOf(slug: string): Promise<Uint8Array<ArrayBuffer>> {
    const { certificate } = await this.#identity(slug);
    if (certificate === undefined) throw new RangeError(`The policy '${slug}' has no certificate.`);
    return new Uint8Array(certificate);
  }

  async publicKeyOf(slug: string): Promise<string> {
    const { key } = await this.#identity(slug);
    return key.publicKey.export({ format: "pem", type: "spki" }).toString();
  }

  rotateCertificate(slug: string, rotation: Rotation): Promise<void> {
    return this.#service.keys.rotate(slug, rotation);
  }

  setSubmitter(slug: string, submitter: boolean): void {
    this.#service.catalogue.setSubmitter(slug, submitter);
  }

  approve(id: string): void {
    this.#decide(id, "approved");
  }

  deny(id: string): void {
    this.#decide(id, "Denied");
  }

  cancel(id: string): void {
    this.#decide(id, "Canceled");
  }

  fail(id: string): void {
    this.#decide(id, "Failed");
  }

  addFault(fault: Fault): void {
    this.#service.faults.add(fault);
  }

  clearFaults(): void {
    this.#service.faults.clear();
  }

  setRateLimit(limit: RateLimit | undefined): void {
    this.#service.limiter.set(limit);
  }

  get rateLimitCounts(): RateLimitCounts {
    return this.#service.limiter.counts;
  }

  refuseConnections(ms: number): void {
    this.#http.refuse(waitingTime("ms", ms));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#http.close();
    await this.#service.keys.settled();
    await this.#service.timestamps.settled();
  }

  async #identity(slug: string): Promise<Identity> {
    return this.#service.keys.identity(this.#service.catalogue.require(slug));
  }

  #decide(id: string, verdict: Verdict): void {
    this.#service.ledger.decide(id, verdict);
  }
}
