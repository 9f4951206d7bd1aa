import type { Organization, User } from "./accounts/accounts.js";
import { refusalOf } from "./accounts/rights.js";
import type { EmulatorPolicy } from "./catalogue.js";
import { listPolicies, requirePolicy } from "./catalogue.js";
import type { Emulator, EmulatorOrganization, EmulatorUser } from "./emulator.js";
import { waitingTime } from "./faults/effect.js";
import type { Fault } from "./faults/fault.js";
import type { LoggedRequest } from "./http/log.js";
import type { RateLimit, RateLimitCounts } from "./http/rate-limit.js";
import { TIMESTAMP_PATH } from "./http/router.js";
import type { HttpServer } from "./http/server.js";
import type { Identity } from "./keys/identity.js";
import type { Rotation } from "./keys/key-ring.js";
import type { LedgerChange } from "./ledger/changes.js";
import type { AuditEntry } from "./ledger/entry.js";
import type { WireExchange } from "./ledger/exchanges.js";
import type { DecisionNote, Verdict } from "./ledger/ledger.js";
import type { AuditLogPage, AuditLogQuery } from "./ledger/query.js";
import type { Service } from "./service.js";
import type { StateFound } from "./state/state.js";

/** The public face of what is running. */
export class RunningEmulator implements Emulator {
  readonly origin: string;
  readonly apiUrl: string;
  readonly timestampUrl: string;
  readonly organizationId: string;
  readonly apiToken: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly rootCertificate: string;
  readonly intermediateCertificate: string;
  readonly #service: Service;
  readonly #http: HttpServer;
  readonly state: StateFound | undefined;
  readonly #settle: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @param settle waits for what is still to be kept */
  constructor(
    service: Service,
    http: HttpServer,
    state: StateFound | undefined,
    settle: () => Promise<void>,
  ) {
    const { organizations, first } = service.accounts;
    this.#service = service;
    this.#http = http;
    this.#settle = settle;
    this.state = state;
    this.origin = service.origin;
    this.apiUrl = `${service.origin}/Api`;
    this.timestampUrl = service.origin + TIMESTAMP_PATH;
    this.organizationId = first.organization.id;
    this.apiToken = first.user.apiToken;
    this.rootCertificate = service.rootCertificate;
    this.intermediateCertificate = service.intermediateCertificate;
    this.environment = this.environmentOf(first.user.name);
    this.tokens = new Map(
      organizations.flatMap(({ users }) => users.map(({ name, apiToken }) => [name, apiToken])),
    );
  }

  get organizations(): EmulatorOrganization[] {
    return this.#service.accounts.organizations.map(({ id, name, users }) => ({
      organizationId: id,
      name,
      users: users.map(publicUser),
    }));
  }

  environmentOf(userName: string): Readonly<Record<string, string>> {
    const { user, organization } = this.#service.accounts.byName(userName);
    return Object.freeze({
      SIGNPATH_API_URL: this.apiUrl,
      SIGNPATH_ORGANIZATION_ID: organization.id,
      SIGNPATH_API_TOKEN: user.apiToken,
    });
  }

  get policies(): EmulatorPolicy[] {
    return listPolicies(this.#service.accounts.first.user.submitter);
  }

  get requests(): LoggedRequest[] {
    return this.#service.log.toArray();
  }

  get signingRequests(): AuditEntry[] {
    return this.#service.ledger.toArray();
  }

  auditLog(query: Partial<AuditLogQuery> = {}): AuditLogPage {
    return this.#service.ledger.page({ limit: 50, ...query });
  }

  onAuditLogChange(listener: (change: LedgerChange) => void): () => void {
    return this.#service.ledger.onChange(listener);
  }

  exchangeOf(id: string): WireExchange | undefined {
    return this.#service.exchanges.find(id);
  }

  get connections(): number {
    return this.#http.connections();
  }

  async prepare(): Promise<void> {
    await Promise.all([this.#organization().keys.prepare(), this.#service.timestamps.own()]);
  }

  async certificateOf(slug: string, organizationId?: string): Promise<Uint8Array<ArrayBuffer>> {
    const { certificate } = await this.#identity(slug, organizationId);
    if (certificate === undefined) throw new RangeError(`The policy '${slug}' has no certificate.`);
    return new Uint8Array(certificate);
  }

  async publicKeyOf(slug: string, organizationId?: string): Promise<string> {
    const { key } = await this.#identity(slug, organizationId);
    return key.publicKey.export({ format: "pem", type: "spki" }).toString();
  }

  rotateCertificate(slug: string, rotation: Rotation, organizationId?: string): Promise<void> {
    return this.#organization(organizationId).keys.rotate(slug, rotation);
  }

  setSubmitter(slug: string, submitter: boolean, userName?: string): void {
    const { accounts, setSubmitter } = this.#service;
    setSubmitter(slug, submitter, userName ?? accounts.first.user.name);
  }

  approve(id: string, note?: DecisionNote): void {
    this.#decide(id, "approved", note);
  }

  deny(id: string, note?: DecisionNote): void {
    this.#decide(id, "denied", note);
  }

  cancel(id: string, note?: DecisionNote): void {
    this.#decide(id, "canceled", note);
  }

  fail(id: string, note?: DecisionNote): void {
    this.#decide(id, "failed", note);
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
    for (const { keys } of this.#service.accounts.organizations) await keys.settled();
    await this.#service.timestamps.settled();
    await this.#settle();
  }

  #organization(id?: string): Organization {
    const { accounts } = this.#service;
    const found = id === undefined ? accounts.first.organization : accounts.organization(id);
    if (found === undefined) throw new RangeError(`The emulator has no organization with id '${id}'.`);
    return found;
  }

  async #identity(slug: string, organizationId?: string): Promise<Identity> {
    return this.#organization(organizationId).keys.identity(requirePolicy(slug));
  }

  #decide(id: string, verdict: Verdict, note: DecisionNote = {}): void {
    const { ledger, accounts } = this.#service;
    const request = ledger.find(id.toLowerCase());
    if (note.by !== undefined && request !== undefined) {
      const reason = refusalOf(accounts.byName(note.by), request, verdict);
      if (reason !== undefined) throw new RangeError(reason);
    }
    ledger.decide(id, verdict, note);
  }
}

function publicUser({ submitter, approver, ...user }: User): EmulatorUser {
  const { name, kind, apiToken, tokenStatus, auditor, administrator } = user;
  return {
    ...{ name, kind, apiToken, tokenStatus, auditor, administrator },
    submitter: [...submitter],
    approver: [...approver],
  };
}
