import type { Catalogue } from "./catalogue.js";
import type { FaultBook } from "./faults/fault-book.js";
import type { RequestLog } from "./http/log.js";
import type { RateLimiter } from "./http/rate-limit.js";
import type { KeyRing } from "./keys/key-ring.js";
import type { Live } from "./pages/live.js";
import type { Session } from "./pages/session.js";
import type { Ledger } from "./submission/ledger.js";
import type { TimestampIdentities } from "./timestamp/identities.js";

/** What every request is answered from. */
export interface Service {
  /** `http://host:port` or `https://host:port`, without a final slash. */
  readonly origin: string;
  readonly organizationId: string;
  readonly apiToken: string;
  /** PEM. */
  readonly rootCertificate: string;
  /** PEM. */
  readonly intermediateCertificate: string;
  readonly catalogue: Catalogue;
  readonly keys: KeyRing;
  readonly timestamps: TimestampIdentities;
  readonly ledger: Ledger;
  readonly log: RequestLog;
  readonly faults: FaultBook;
  readonly limiter: RateLimiter;
  /** What the pages act by. */
  readonly session: Session;
  /** Tells the pages of changes. */
  readonly live: Live;
  /** Resets every connection and accepts none for so many milliseconds. */
  readonly refuseConnections: (ms: number) => void;
}

/** The address below which the routes of the API are. */
export function apiBase({ origin, organizationId }: Service): string {
  return `${origin}/Api/v1/${organizationId}`;
}
