import type { TokenStatus, UserKind } from "./accounts/options.js";
import type { EmulatorPolicy } from "./catalogue.js";
import type { Fault } from "./faults/fault.js";
import type { LoggedRequest } from "./http/log.js";
import type { RateLimit, RateLimitCounts } from "./http/rate-limit.js";
import type { LedgerChange } from "./ledger/changes.js";
import type { AuditEntry } from "./ledger/entry.js";
import type { WireExchange } from "./ledger/exchanges.js";
import type { DecisionNote } from "./ledger/ledger.js";
import type { AuditLogPage, AuditLogQuery } from "./ledger/query.js";
import type { StateFound } from "./state/state.js";

/** A user of the emulator. */
export interface EmulatorUser {
  readonly name: string;
  readonly kind: UserKind;
  readonly apiToken: string;
  readonly tokenStatus: TokenStatus;
  /** Slugs of signing policies. */
  readonly submitter: readonly string[];
  readonly approver: readonly string[];
  readonly auditor: boolean;
  readonly administrator: boolean;
}

/** An organization of a running emulator. */
export interface EmulatorOrganization {
  readonly organizationId: string;
  readonly name: string;
  readonly users: readonly EmulatorUser[];
}

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
  /** Of the first organization. */
  readonly organizationId: string;
  /** Of the first organization's first user. */
  readonly apiToken: string;
  /** New arrays each time; whoever is given a right has it in the next ones. */
  readonly organizations: readonly EmulatorOrganization[];
  /** The API token of each user, by the user's name. */
  readonly tokens: ReadonlyMap<string, string>;
  /** The variables that a client reads: `SIGNPATH_API_URL`, `SIGNPATH_ORGANIZATION_ID`, `SIGNPATH_API_TOKEN`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for the client of another user. Throws a `RangeError` where nobody has that name. */
  environmentOf(userName: string): Readonly<Record<string, string>>;
  /** With what the first user may submit to. */
  readonly policies: readonly EmulatorPolicy[];
  /** What the state directory had in it when the emulator started; `undefined` without one. */
  readonly state: StateFound | undefined;
  /** PEM. */
  readonly rootCertificate: string;
  /** PEM: the certificate that signed those of the policies. */
  readonly intermediateCertificate: string;
  /** The newest 10 000 HTTP requests, oldest first: a new array each time, whose last entries may still change. */
  readonly requests: readonly LoggedRequest[];
  /** The signing requests that the audit log has, oldest first: refused submissions are none. A new array each time. */
  readonly signingRequests: readonly AuditEntry[];
  /**
   * A page of the audit log, newest first, with refused submissions. Without a filter it costs the same however long the
   * log is; with one up to 10 000 entries are looked at, so that a page may have fewer than it could.
   */
  auditLog(query?: Partial<AuditLogQuery>): AuditLogPage;
  /** Calls the listener for each change of the audit log from now on; gives what ends that. */
  onAuditLogChange(listener: (change: LedgerChange) => void): () => void;
  /** What went over the wire for one of the newest 500 submissions, by the id of its entry. */
  exchangeOf(id: string): WireExchange | undefined;
  /** TCP connections accepted since the start. */
  readonly connections: number;

  /** Makes all keys and certificates of the first organization now: some seconds, for the sake of the long RSA keys. */
  prepare(): Promise<void>;
  /** The certificate of a policy, DER. Rejects where it has none. */
  certificateOf(signingPolicySlug: string, organizationId?: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The public key of a policy, as a PEM SubjectPublicKeyInfo. */
  publicKeyOf(signingPolicySlug: string, organizationId?: string): Promise<string>;
  /**
   * Gives a policy another certificate, and another key as well where `newKey`. Later requests meet the new ones. With
   * `validFrom` and `validTo` the certificate can be one that is over or is not valid yet.
   */
  rotateCertificate(
    signingPolicySlug: string,
    options: { readonly newKey: boolean; readonly validFrom?: Date; readonly validTo?: Date },
    organizationId?: string,
  ): Promise<void>;
  /** Gives a user the right to submit to a policy, or takes it; without a name the first user. */
  setSubmitter(signingPolicySlug: string, submitter: boolean, userName?: string): void;

  /**
   * Approves a signing request that waits for it: with the last approval that it needs it is processed. Throws a
   * `RangeError` for another one, where `by` is nobody who may approve it, and where `by` has done so already.
   */
  approve(signingRequestId: string, note?: DecisionNote): void;
  /** Denies a signing request that waits for approval. */
  deny(signingRequestId: string, note?: DecisionNote): void;
  /** Cancels a signing request that is not over. */
  cancel(signingRequestId: string, note?: DecisionNote): void;
  /** Lets a signing request that is not over fail. */
  fail(signingRequestId: string, note?: DecisionNote): void;

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
