import { randomUUID } from "node:crypto";
import type { HashSigningPayload, SigningRequestState, SigningRequestStatus } from "../../wire/signing.js";
import type { PolicyDefinition } from "../catalogue.js";
import { PROJECT_SLUG } from "../catalogue.js";
import type { RouteName } from "../http/router.js";
import type { Identity } from "../keys/identity.js";
import type { SigningOrder } from "../keys/signing-key.js";

/** One signing request, as an auditor sees it. */
export interface AuditEntry {
  readonly id: string;
  readonly projectSlug: string;
  readonly signingPolicySlug: string;
  readonly route: RouteName;
  /** Whether the request itself was answered with the signature. */
  readonly fast: boolean;
  readonly algorithm: SigningOrder["algorithm"];
  /** Object identifier of an RSA signature's hash. */
  readonly hashAlgorithm: string | undefined;
  /** Hexadecimal. */
  readonly hash: string;
  readonly description: string | undefined;
  readonly metadata: unknown;
  readonly status: SigningRequestStatus;
  readonly submittedAt: Date;
}

/** What a signing request is made from. */
export interface Submission {
  readonly policy: PolicyDefinition;
  readonly route: RouteName;
  readonly fast: boolean;
  readonly order: SigningOrder;
  readonly metadata: unknown;
  readonly description: string | undefined;
  /** The signed artifact, but for its signature. */
  readonly echo: HashSigningPayload;
  /** Key and certificate at the time of the submission: a rotation does not reach back. */
  readonly identity: Identity;
  /** By the server's clock; the present by default. */
  readonly submittedAt?: Date;
  /** Made once; `undefined` as long as nobody has asked for it. */
  signature: Buffer | undefined;
  /** Bytes of the request, which count against the ledger's memory. */
  readonly size: number;
}

/** How a signing request that somebody has to decide about can end. */
export type Verdict = "approved" | "Denied" | "Canceled" | "Failed";

/** A signing request and where it stands. */
export interface SigningRequest extends Submission {
  readonly id: string;
  readonly submittedAt: Date;
  /** When processing is over, in milliseconds of the epoch; `undefined` while nobody has approved. */
  readyAt: number | undefined;
  /** How it ended without a signature. */
  ended?: "Denied" | "Canceled" | "Failed";
}

const CAPACITY = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
const WORKFLOW: Readonly<Record<SigningRequestStatus, string>> = {
  InProgress: "Processing",
  WaitingForApproval: "WaitingForApproval",
  Completed: "Completed",
  Failed: "ProcessingFailed",
  Denied: "Denied",
  Canceled: "Canceled",
};

/** The newest signing requests. No timer runs for any of them: where one stands follows from the time. */
export class Ledger {
  readonly #processingMs: number;
  readonly #requests = new Map<string, SigningRequest>();
  #bytes = 0;

  constructor(processingMs: number) {
    this.#processingMs = processingMs;
  }

  add(submission: Submission): SigningRequest {
    const { policy, fast } = submission;
    const request: SigningRequest = {
      submittedAt: new Date(),
      ...submission,
      id: randomUUID(),
      readyAt: policy.approval ? undefined : Date.now() + (fast ? 0 : this.#processingMs),
    };
    this.#requests.set(request.id, request);
    this.#bytes += submission.size;
    this.#forget();
    return request;
  }

  find(id: string): SigningRequest | undefined {
    return this.#requests.get(id);
  }

  /** Ends what is still open, or approves what waits for that. */
  decide(id: string, verdict: Verdict): void {
    const request = this.#requests.get(id.toLowerCase());
    const status = request && stateOf(request).status;
    const open = verdict === "approved" || verdict === "Denied" ? ["WaitingForApproval"] : OPEN;
    if (request === undefined || status === undefined || !open.includes(status)) {
      throw new RangeError(
        `Signing request ${id} cannot be ${verdict.toLowerCase()}: ${status ?? "unknown"}.`,
      );
    }
    if (verdict === "approved") request.readyAt = Date.now() + this.#processingMs;
    else request.ended = verdict;
  }

  toArray(): AuditEntry[] {
    return [...this.#requests.values()].map(entryOf);
  }

  // A Map gives its oldest entry first.
  #forget(): void {
    for (const [id, { size }] of this.#requests) {
      if (this.#requests.size <= CAPACITY && (this.#bytes <= MAX_BYTES || this.#requests.size === 1)) return;
      this.#requests.delete(id);
      this.#bytes -= size;
    }
  }
}

const OPEN: readonly string[] = ["WaitingForApproval", "InProgress"];

/** Where a signing request stands now. */
export function stateOf(request: SigningRequest): SigningRequestState & { workflowStatus: string } {
  const status = statusOf(request);
  return { status, workflowStatus: WORKFLOW[status], isFinalStatus: !OPEN.includes(status) };
}

function statusOf({ ended, readyAt }: SigningRequest): SigningRequestStatus {
  if (ended !== undefined) return ended;
  if (readyAt === undefined) return "WaitingForApproval";
  return Date.now() < readyAt ? "InProgress" : "Completed";
}

/** What an auditor sees of a signing request. */
export function entryOf(request: SigningRequest): AuditEntry {
  const { id, policy, route, fast, order, description, metadata, submittedAt } = request;
  return {
    id,
    projectSlug: PROJECT_SLUG,
    signingPolicySlug: policy.slug,
    route,
    fast,
    algorithm: order.algorithm,
    hashAlgorithm: order.algorithm === "Ecdsa" ? undefined : order.hashAlgorithm.oid,
    hash: order.hash.toString("hex"),
    description,
    metadata,
    status: stateOf(request).status,
    submittedAt,
  };
}
