import type { ApiClient } from "../api/client.js";
import type { HashSigner } from "../api/hash-signer.js";
import { equal } from "../base/bytes.js";
import { messageOf, SignPathError } from "../base/errors.js";
import type { SigningPolicyRecord } from "../wire/policies.js";
import type { CertificateFacts } from "./certificate.js";
import { readCertificate } from "./certificate.js";
import type { PolicySlugs } from "./reference.js";

/** What policies need of the client that fetched them. */
export interface PolicyConnection {
  readonly api: ApiClient;
  readonly signer: HashSigner;
  /** Fetches a policy anew; callers at the same time share one request. */
  readonly refetch: (slugs: PolicySlugs) => Promise<void>;
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

  /** Takes over a newer description; the same certificate stays the same object. */
  update(record: SigningPolicyRecord): void {
    const changed = record.certificateBytes !== this.#record.certificateBytes;
    this.#record = record;
    if (changed) this.#read();
  }

  /** Fetches the policy anew and tells whether its certificate is another one now. */
  async refresh(): Promise<boolean> {
    const before = this.#facts;
    await this.connection.refetch(this.#record);
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
