import type { SignatureAlgorithm, SigningRequestStatus } from "../../wire/signing.js";
import type { RouteName } from "../http/router.js";

/** How a signing request stands or has ended. The service knows no expiry: there such a request is canceled. */
export type AuditResult = "signed" | "processing" | "pending" | "denied" | "canceled" | "failed" | "expired";

/** What somebody, or the passing of time, has done about a signing request. */
export interface Decision {
  readonly verdict: "approved" | "denied" | "canceled" | "failed" | "expired";
  /** The user's name; `undefined` where the emulator itself did it. */
  readonly by: string | undefined;
  readonly at: Date;
  readonly comment: string | undefined;
}

/** The build that asked for a signature, as its metadata tells. */
export interface Build {
  /** Begins with `http:` or `https:`. */
  readonly url: string | undefined;
  readonly commit: string | undefined;
  readonly job: string | undefined;
}

/** What every entry of the audit log has. */
interface Entry {
  /** Rises by one from entry to entry while the emulator runs: the cursor of a page. */
  readonly sequence: number;
  readonly id: string;
  readonly organizationId: string;
  /** The name of the token's user; `undefined` where the token is nobody's. */
  readonly user: string | undefined;
  readonly route: RouteName;
  /** Whether the request itself was to be answered with the signature. */
  readonly fast: boolean;
  readonly description: string | undefined;
  readonly metadata: unknown;
  /** From the metadata, whichever route it came by. */
  readonly commandLine: string | undefined;
  readonly processUser: string | undefined;
  readonly build: Build | undefined;
  readonly submittedAt: Date;
  /** From the arrival of the submission until its answer was made. */
  readonly durationMs: number;
}

/** One signing request, as an auditor sees it. */
export interface AuditEntry extends Entry {
  readonly result: AuditResult;
  readonly user: string;
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly algorithm: SignatureAlgorithm;
  /** Object identifier of an RSA signature's hash. */
  readonly hashAlgorithm: string | undefined;
  /** Hexadecimal. */
  readonly hash: string;
  readonly status: SigningRequestStatus;
  readonly signedAt: Date | undefined;
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  /** How many approvals it needs in all. */
  readonly approvalsNeeded: number;
}

/** A submission that was refused: nothing was signed, and there is no signing request. */
export interface RefusedEntry extends Entry {
  readonly result: "refused";
  readonly refusal: { readonly status: number; readonly problem: string };
  /** This and the rest as far as the submission could be read. */
  readonly projectSlug: string | undefined;
  readonly signingPolicySlug: string | undefined;
  readonly algorithm: SignatureAlgorithm | undefined;
  readonly hashAlgorithm: string | undefined;
  readonly hash: string | undefined;
}

/** What the audit log has of one submission. */
export type LogEntry = AuditEntry | RefusedEntry;
