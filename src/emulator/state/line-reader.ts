import type { HashSigningPayload } from "../../wire/signing.js";
import { findPolicy, PROJECT_SLUG } from "../catalogue.js";
import type { CertifiedKey } from "../keys/identity.js";
import type { Ledger } from "../ledger/ledger.js";
import type { DecisionLine, Line, PayloadLine, RefusedLine, RequestLine } from "./lines.js";
import { decodeLine } from "./lines.js";

const MAX_TEXTS = 1000;

/** Puts into the ledger what the lines of a file say. */
export class LineReader {
  readonly #ledger: Ledger;
  readonly #metadata = new Map<number, unknown>();
  readonly #texts = new Map<string, string>();
  readonly #keys = new Map<number, CertifiedKey>();
  #unreadable = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Lines that say nothing, or speak of what no line before them has. */
  get unreadable(): number {
    return this.#unreadable;
  }

  read(text: string): void {
    const line = decodeLine(text);
    if (line === undefined || !this.#apply(line)) this.#unreadable++;
  }

  #apply(line: Line): boolean {
    switch (line.kind) {
      case "metadata":
        this.#metadata.set(line.ref, line.value);
        return true;
      case "key":
        this.#keys.set(line.ref, {
          keyId: line.keyId,
          certificate: line.certificate === undefined ? undefined : Buffer.from(line.certificate, "base64"),
        });
        return true;
      case "refused":
        this.#restoreRefused(line);
        return true;
      case "request":
        return this.#restore(line);
      case "decision":
        // What has been dropped since is decided in vain.
        this.#ledger.restoreDecision(line.id, decisionOf(line.decision), line.readyAt);
        return true;
      default:
        this.#ledger.restoreSignature(line.id, line.signature);
        return true;
    }
  }

  #restore(line: RequestLine): boolean {
    const policy = findPolicy(PROJECT_SLUG, line.signingPolicySlug);
    const identity = this.#keys.get(line.key);
    if (policy === undefined || identity === undefined) return false;
    const metadata = this.#metadataOf(line);
    // Written out: to spread a hundred thousand objects takes longer than to read them.
    this.#ledger.restore({
      id: line.id,
      organizationId: this.#shared(line.organizationId),
      user: this.#shared(line.user),
      route: line.route,
      fast: line.fast,
      policy,
      payload: this.#payloadOf(line.payload, line, metadata),
      metadata,
      description: line.description,
      submittedAt: line.submittedAt,
      durationMs: line.durationMs,
      identity,
      signature: line.signature,
      approvalsNeeded: line.approvalsNeeded,
      expiresAt: line.expiresAt,
      readyAt: line.readyAt,
      decisions: line.decisions?.map(decisionOf) ?? [],
    });
    return true;
  }

  #restoreRefused(line: RefusedLine): void {
    const { organizationId, user, route, fast, projectSlug, signingPolicySlug, payload } = line;
    const { id, refusal, description, submittedAt, durationMs } = line;
    const metadata = this.#metadataOf(line);
    this.#ledger.restore({
      ...{ id, organizationId: this.#shared(organizationId), user, route, fast, projectSlug },
      ...{ signingPolicySlug, refusal, description, submittedAt, durationMs, metadata },
      payload: payload && this.#payloadOf(payload, line, metadata),
    });
  }

  #metadataOf({ metadata }: RequestLine | RefusedLine): unknown {
    return metadata === undefined ? undefined : this.#metadata.get(metadata);
  }

  /** No property is there without a value: the decoder leaves out what the line had not. */
  #payloadOf(
    payload: PayloadLine,
    { echoes }: RequestLine | RefusedLine,
    metadata: unknown,
  ): HashSigningPayload {
    if (payload.RsaHashAlgorithm !== undefined) {
      payload.RsaHashAlgorithm = this.#shared(payload.RsaHashAlgorithm);
    }
    return (echoes === true ? { ...payload, Metadata: metadata } : payload) as HashSigningPayload;
  }

  /** One string of equal ones, of which there are few. */
  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size < MAX_TEXTS) this.#texts.set(text, text);
    return text;
  }
}

function decisionOf({ verdict, by, at, comment }: DecisionLine): Parameters<Ledger["restoreDecision"]>[1] {
  return { verdict, by, at: new Date(at), comment };
}
