import type { Accounts, Organization } from "./accounts/accounts.js";
import type { FaultBook } from "./faults/fault-book.js";
import type { RequestLog } from "./http/log.js";
import type { RateLimiter } from "./http/rate-limit.js";
import type { Exchanges } from "./ledger/exchanges.js";
import type { Ledger } from "./ledger/ledger.js";
import type { Live } from "./pages/live.js";
import type { Session } from "./pages/session.js";
import type { TimestampIdentities } from "./timestamp/identities.js";

/** What every request is answered from. */
export interface Service {
  /** `http://host:port` or `https://host:port`, without a final slash. */
  readonly origin: string;
  readonly accounts: Accounts;
  /** What is answered on the routes of an organization to a token of another one. */
  readonly foreignOrganizationStatus: 401 | 403 | 404;
  /** PEM. */
  readonly rootCertificate: string;
  /** PEM. */
  readonly intermediateCertificate: string;
  readonly timestamps: TimestampIdentities;
  readonly ledger: Ledger;
  readonly exchanges: Exchanges;
  readonly log: RequestLog;
  readonly faults: FaultBook;
  readonly limiter: RateLimiter;
  /** Gives a user the right to submit to a policy, or takes it. */
  readonly setSubmitter: (signingPolicySlug: string, submitter: boolean, userName: string) => void;
  /** What the pages act by. */
  readonly session: Session;
  /** Tells the pages of changes. */
  readonly live: Live;
  /** Resets every connection and accepts none for so many milliseconds. */
  readonly refuseConnections: (ms: number) => void;
}

/** The address below which the routes of the API are for an organization. */
export function apiBase({ origin }: Service, organization: Organization): string {
  return `${origin}/Api/v1/${organization.id}`;
}
