import type { HashSigningPayload, SigningRequestState, SigningRequestStatus } from "../../wire/signing.js";
import type { PolicyDefinition } from "../catalogue.js";
import { PROJECT_SLUG } from "../catalogue.js";
import type { RouteName } from "../http/router.js";
import type { CertifiedKey } from "../keys/identity.js";
import type { AuditEntry, AuditResult, Decision, LogEntry } from "./entry.js";
import { processFacts } from "./process-facts.js";

/** What a submission says, as far as it could be read. */
export interface Attempt {
  readonly organizationId: string;
  readonly user: string | undefined;
  readonly route: RouteName;
  readonly fast: boolean;
  readonly projectSlug?: string | undefined;
  readonly signingPolicySlug?: string | undefined;
  /** The signed artifact, but for its signature and for metadata of its own. */
  readonly payload?: HashSigningPayload | undefined;
  readonly metadata?: unknown;
  readonly description?: string | undefined;
  /** In milliseconds of the epoch. */
  readonly submittedAt: number;
  readonly durationMs: number;
}

/** What a signing request is made from. */
export interface Submission extends Attempt {
  readonly user: string;
  readonly payload: HashSigningPayload;
  readonly policy: PolicyDefinition;
  /** Key and certificate at the time of the submission: a rotation does not reach back. */
  readonly identity: CertifiedKey;
  /** Base64; made once, and `undefined` as long as nobody has asked for it. */
  signature: string | undefined;
}

/** An entry that an earlier emulator has kept. */
export type Restorable = Omit<SigningRequest, "sequence"> | Omit<RefusedSubmission, "sequence">;

/** A signing request and where it stands. */
export interface SigningRequest extends Submission, Standing {
  readonly sequence: number;
}

/** Where a signing request stands. */
export interface Standing {
  readonly id: string;
  readonly approvalsNeeded: number;
  /** When it is no longer waited for an approval, in milliseconds of the epoch. */
  readonly expiresAt: number | undefined;
  /** When processing is over, in milliseconds of the epoch; `undefined` while nobody has approved. */
  readyAt: number | undefined;
  /** Oldest first. */
  decisions: readonly Decision[];
}

/** A submission that came to nothing. */
export interface RefusedSubmission extends Attempt {
  readonly sequence: number;
  readonly id: string;
  readonly refusal: { readonly status: number; readonly problem: string };
}

export type Logged = SigningRequest | RefusedSubmission;

const WORKFLOW: Readonly<Record<SigningRequestStatus, string>> = {
  InProgress: "Processing",
  WaitingForApproval: "WaitingForApproval",
  Completed: "Completed",
  Failed: "ProcessingFailed",
  Denied: "Denied",
  Canceled: "Canceled",
};

const STATUS: Readonly<Record<AuditResult, SigningRequestStatus>> = {
  signed: "Completed",
  processing: "InProgress",
  pending: "WaitingForApproval",
  denied: "Denied",
  canceled: "Canceled",
  failed: "Failed",
  expired: "Canceled",
};

const NO_DECISIONS: readonly Decision[] = [];
const OPEN: ReadonlySet<AuditResult> = new Set(["pending", "processing"]);

export function isSigningRequest(logged: Logged): logged is SigningRequest {
  return !("refusal" in logged);
}

/**
 * One object with the properties in one order, and with nothing that belongs to a request that is over: a hundred thousand
 * of them are kept.
 */
export function keptRequest(
  sequence: number,
  metadata: unknown,
  request: Submission,
  standing: Standing,
): SigningRequest {
  return {
    sequence,
    id: standing.id,
    organizationId: request.organizationId,
    user: request.user,
    route: request.route,
    fast: request.fast,
    policy: request.policy,
    payload: withMetadata(request.payload, metadata),
    metadata,
    description: request.description,
    submittedAt: request.submittedAt,
    durationMs: request.durationMs,
    identity: request.identity,
    signature: request.signature,
    approvalsNeeded: standing.approvalsNeeded,
    expiresAt: standing.expiresAt,
    readyAt: standing.readyAt,
    decisions: standing.decisions.length === 0 ? NO_DECISIONS : standing.decisions,
  };
}

/** The same for a refused submission. */
export function keptRefusal(
  sequence: number,
  metadata: unknown,
  refused: Omit<RefusedSubmission, "sequence">,
): RefusedSubmission {
  return {
    sequence,
    id: refused.id,
    organizationId: refused.organizationId,
    user: refused.user,
    route: refused.route,
    fast: refused.fast,
    projectSlug: refused.projectSlug,
    signingPolicySlug: refused.signingPolicySlug,
    payload: refused.payload && withMetadata(refused.payload, metadata),
    metadata,
    description: refused.description,
    submittedAt: refused.submittedAt,
    durationMs: refused.durationMs,
    refusal: refused.refusal,
  };
}

/** A payload that repeats its metadata, with that of the log, which many entries share. */
function withMetadata(payload: HashSigningPayload, metadata: unknown): HashSigningPayload {
  const isShared = !Object.hasOwn(payload, "Metadata") || payload.Metadata === metadata;
  return isShared ? payload : ({ ...payload, Metadata: metadata } as HashSigningPayload);
}

/** How a signing request stands or has ended, by now. */
export function resultOf({ decisions, readyAt, expiresAt }: SigningRequest): AuditResult {
  const last = decisions.at(-1)?.verdict ?? "approved";
  if (last !== "approved") return last;
  const now = Date.now();
  if (readyAt !== undefined) return now < readyAt ? "processing" : "signed";
  return expiresAt !== undefined && now >= expiresAt ? "expired" : "pending";
}

export function isOpen(result: AuditResult): boolean {
  return OPEN.has(result);
}

/** What the API says about where a signing request stands. */
export function stateOf(request: SigningRequest): SigningRequestState & { workflowStatus: string } {
  const result = resultOf(request);
  const status = STATUS[result];
  return { status, workflowStatus: WORKFLOW[status], isFinalStatus: !isOpen(result) };
}

/** What an auditor sees of a signing request. */
export function entryOf(request: SigningRequest): AuditEntry {
  const { policy, payload, readyAt, decisions } = request;
  const { commandLine, processUser, build } = processFacts(request.metadata);
  const result = resultOf(request);
  return {
    sequence: request.sequence,
    id: request.id,
    organizationId: request.organizationId,
    user: request.user,
    projectSlug: PROJECT_SLUG,
    signingPolicySlug: policy.slug,
    route: request.route,
    fast: request.fast,
    algorithm: payload.SignatureAlgorithm,
    hashAlgorithm: payload.RsaHashAlgorithm,
    hash: hexOf(payload),
    description: request.description,
    metadata: request.metadata,
    commandLine,
    processUser,
    build,
    result,
    status: STATUS[result],
    submittedAt: new Date(request.submittedAt),
    durationMs: request.durationMs,
    signedAt: result === "signed" && readyAt !== undefined ? new Date(readyAt) : undefined,
    decisions: withExpiry(decisions, request, result),
    approvalsNeeded: request.approvalsNeeded,
  };
}

/** The same for whatever the log has. */
export function logEntryOf(logged: Logged): LogEntry {
  if (isSigningRequest(logged)) return entryOf(logged);
  const { payload } = logged;
  const { commandLine, processUser, build } = processFacts(logged.metadata);
  return {
    sequence: logged.sequence,
    id: logged.id,
    organizationId: logged.organizationId,
    user: logged.user,
    projectSlug: logged.projectSlug,
    signingPolicySlug: logged.signingPolicySlug,
    route: logged.route,
    fast: logged.fast,
    algorithm: payload?.SignatureAlgorithm,
    hashAlgorithm: payload?.RsaHashAlgorithm,
    hash: payload && hexOf(payload),
    description: logged.description,
    metadata: logged.metadata,
    commandLine,
    processUser,
    build,
    result: "refused",
    refusal: logged.refusal,
    submittedAt: new Date(logged.submittedAt),
    durationMs: logged.durationMs,
  };
}

export function hexOf({ Base64EncodedHash }: HashSigningPayload): string {
  return Buffer.from(Base64EncodedHash, "base64").toString("hex");
}

/** Nobody notes an expiry when it happens. */
function withExpiry(
  decisions: readonly Decision[],
  { expiresAt }: SigningRequest,
  result: AuditResult,
): readonly Decision[] {
  if (result !== "expired" || expiresAt === undefined) return decisions;
  return [...decisions, { verdict: "expired", by: undefined, at: new Date(expiresAt), comment: undefined }];
}
