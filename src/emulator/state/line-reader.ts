import type { HashSigningPayload } from "../../wire/signing.js";
import { findPolicy, PROJECT_SLUG } from "../catalogue.js";
import type { CertifiedKey } from "../keys/identity.js";
import type { Ledger } from "../ledger/ledger.js";
import type { Attempt } from "../ledger/signing-request.js";
import type { DecisionLine, Line, RefusedLine, RequestLine } from "./lines.js";
import { decodeLine } from "./lines.js";

/** Puts into the ledger what the lines of a file say. */
export class LineReader {
  readonly #ledger: Ledger;
  readonly #metadata = new Map<number, unknown>();
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
        this.#ledger.restore({ ...this.#attemptOf(line), id: line.id, refusal: line.refusal });
        return true;
      case "request":
        return this.#restore(line);
      case "decision":
        // What has been dropped since is decided in vain.
        this.#ledger.restoreDecision(line.id, decisionOf(line.decision), line.readyAt);
        return true;
      default:
        this.#ledger.restoreSignature(line.id, Buffer.from(line.signature, "base64"));
        return true;
    }
  }

  #restore(line: RequestLine): boolean {
    const policy = findPolicy(PROJECT_SLUG, line.signingPolicySlug);
    const identity = this.#keys.get(line.key);
    const attempt = this.#attemptOf(line);
    if (policy === undefined || identity === undefined || attempt.payload === undefined) return false;
    this.#ledger.restore({
      ...attempt,
      id: line.id,
      user: line.user,
      payload: attempt.payload,
      policy,
      identity,
      signature: line.signature === undefined ? undefined : Buffer.from(line.signature, "base64"),
      approvalsNeeded: line.approvalsNeeded,
      expiresAt: line.expiresAt,
      readyAt: line.readyAt,
      decisions: (line.decisions ?? []).map(decisionOf),
    });
    return true;
  }

  #attemptOf(line: RequestLine | RefusedLine): Attempt {
    const { organizationId, user, route, fast, projectSlug, signingPolicySlug, description, durationMs } =
      line;
    const metadata = line.metadata === undefined ? undefined : this.#metadata.get(line.metadata);
    const echoed = line.echoes === true ? { Metadata: metadata } : {};
    return {
      ...{ organizationId, user, route, fast, projectSlug, signingPolicySlug, description, durationMs },
      metadata,
      submittedAt: new Date(line.submittedAt),
      // No property is there without a value: the decoder leaves out what the line had not.
      payload: line.payload && ({ ...line.payload, ...echoed } as HashSigningPayload),
    };
  }
}

function decisionOf({ verdict, by, at, comment }: DecisionLine): Parameters<Ledger["restoreDecision"]>[1] {
  return { verdict, by, at: new Date(at), comment };
}
