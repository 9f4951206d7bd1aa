import { createHash } from "node:crypto";
import type { ApiClient } from "../api/client.js";
import type { HashSigner } from "../api/hash-signer.js";
import { equal } from "../base/bytes.js";
import { messageOf, SignPathError } from "../base/errors.js";
import type { SigningPolicyRecord } from "../wire/policies.js";
import type { CertificateFacts } from "./certificate.js";
import { readCertificate } from "./certificate.js";
import type { PolicySlugs } from "./reference.js";
import type { SignEvent } from "./telemetry.js";
import { signChannel } from "./telemetry.js";

/** What policies need of the client that fetched them. */
export interface PolicyConnection {
  readonly api: ApiClient;
  readonly signer: HashSigner;
  /** Fetches a policy anew; callers at the same time share one request. */
  readonly refetch: (slugs: PolicySlugs, signal: AbortSignal | undefined) => Promise<void>;
}

/** A policy as the service last described it. Keys and policy objects share it, so that all see a new certificate. */
export class PolicyState {
  readonly connection: PolicyConnection;
  #record: SigningPolicyRecord;
  #facts: CertificateFacts | undefined;
  #defect: unknown;

  constructor(record: SigningPolicyRecord, connection: PolicyConnection) {
    this.connection = connection;
    this.#record = record;
    this.#read();
  }

  get record(): SigningPolicyRecord {
    return this.#record;
  }

  /** Whether signatures are checked before they are returned. */
  get verifies(): boolean {
    return this.connection.api.config.verifySignatures;
  }

  /** `project/policy` */
  get reference(): string {
    return `${this.#record.projectSlug}/${this.#record.signingPolicySlug}`;
  }

  /** The certificate, if the policy has one that can be used. */
  get usableFacts(): CertificateFacts | undefined {
    return this.#facts;
  }

  /** Why the policy cannot be used. */
  get defect(): string | undefined {
    return this.#facts === undefined ? messageOf(this.#defect) : undefined;
  }

  /**
   * The certificate.
   *
   * @throws {SignPathError} `POLICY_UNUSABLE` without one that can be used.
   */
  facts(): CertificateFacts {
    if (this.#facts !== undefined) return this.#facts;
    const message = `signing policy ${this.reference} cannot be used: ${messageOf(this.#defect)}`;
    throw new SignPathError("POLICY_UNUSABLE", message, { stage: "policy", cause: this.#defect });
  }

  /** Why the certificate is not to be signed with now: it has expired, or is not yet valid, and that is not allowed. */
  get untimely(): string | undefined {
    const facts = this.#facts;
    const now = Date.now();
    if (facts === undefined || (now >= facts.validFromMs && now <= facts.validToMs)) return undefined;
    if (!this.connection.api.config.checkValidity) return undefined;
    const date = (ms: number): string => new Date(ms).toISOString();
    const said =
      now < facts.validFromMs
        ? `is not valid before ${date(facts.validFromMs)}`
        : `expired on ${date(facts.validToMs)}`;
    return `its certificate ${said}, and this machine's clock says ${date(now)}`;
  }

  /** Takes over a newer description; the same certificate stays the same object. */
  update(record: SigningPolicyRecord): void {
    const changed = record.certificateBytes !== this.#record.certificateBytes;
    const before = this.#facts;
    this.#record = record;
    if (!changed) return;
    this.#read();
    if (signChannel.hasSubscribers) publishRotation(this.reference, before, this.#facts);
  }

  /** Fetches the policy anew and tells whether its certificate is another one now. */
  async refresh(signal?: AbortSignal): Promise<boolean> {
    const before = this.#facts;
    await this.connection.refetch(this.#record, signal);
    return this.#facts !== undefined && (before === undefined || !equal(before.der, this.#facts.der));
  }

  #read(): void {
    try {
      this.#facts = readCertificate(this.#record.certificateBytes, this.#record.certificateType);
      this.#defect = undefined;
    } catch (error) {
      this.#facts = undefined;
      this.#defect = error;
    }
  }
}

function publishRotation(
  policy: string,
  before: CertificateFacts | undefined,
  after: CertificateFacts | undefined,
): void {
  const fingerprint = (facts: CertificateFacts | undefined): string | undefined =>
    facts && createHash("sha256").update(facts.der).digest("hex");
  const event: SignEvent = {
    type: "rotation",
    policy,
    before: fingerprint(before),
    after: fingerprint(after),
  };
  signChannel.publish(event);
}
