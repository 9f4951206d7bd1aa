import type { Beginning } from "../hashing.js";
import type { SignerInfo } from "../parse/signer-info.js";
import type { Certificate } from "../path/certificate.js";
import type { Crl } from "../path/crl.js";
import type { Effort } from "../path/effort.js";
import type { Purpose } from "../path/purpose.js";
import type { TimestampReport } from "../report.js";

/** What signatures are checked against, beside what they bring themselves. */
export interface SignerRules {
  readonly anchors: readonly Certificate[];
  /** Given ones, and those in the SignedData. */
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** The time that counts where there is no timestamp. */
  readonly at: Date;
  readonly purpose: Purpose;
  readonly allowWeak: boolean;
  readonly requireTimestamp: boolean;
  readonly requireRevocation: boolean;
  /** Shared by everything that belongs to one call. */
  readonly effort: Effort;
  /** Checks the timestamps of a signature; missing for those of timestamps themselves. */
  readonly timestampOf?: (signer: SignerInfo) => Promise<TimestampReport | undefined>;
}

/** What a signature is over. */
export interface Signed {
  /** Object identifier; `undefined` for a signature, which has no type (RFC 5652, section 11.4). */
  readonly contentType: string | undefined;
  /** The digest by object identifier of the hash; `undefined` where it was not computed. */
  readonly digest: (oid: string) => Uint8Array | undefined;
  /** `undefined` for a signature. */
  readonly beginning: Beginning | undefined;
}
