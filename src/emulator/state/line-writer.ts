import type { CertifiedKey } from "../keys/identity.js";
import type { Decision } from "../ledger/entry.js";
import type { Logged, SigningRequest } from "../ledger/signing-request.js";
import { isSigningRequest } from "../ledger/signing-request.js";
import type { DecisionLine, Line } from "./lines.js";

/** Turns what happens into lines for one file: metadata and keys are written once, and referred to from then on. */
export class LineWriter {
  readonly #write: (line: string) => void;
  readonly #metadata = new WeakMap<object, number>();
  readonly #keys = new WeakMap<CertifiedKey, number>();
  #next = 1;
  #count = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Lines that say what others have said already, or what has been dropped since, are among them. */
  get count(): number {
    return this.#count;
  }

  logged(logged: Logged): void {
    const { id, organizationId, user, fast, description, submittedAt, durationMs, payload } = logged;
    const common = {
      ...{ id, organizationId, user, fast, description, durationMs },
      // Submissions come by no other route.
      route: logged.route as "signHash",
      submittedAt,
      metadata: this.#refOfMetadata(logged.metadata),
      echoes: payload !== undefined && Object.hasOwn(payload, "Metadata") ? true : undefined,
    };
    if (!isSigningRequest(logged)) {
      const { projectSlug, signingPolicySlug, refusal } = logged;
      this.#line({
        kind: "refused",
        ...common,
        ...{ projectSlug, signingPolicySlug, refusal },
        payload: payload && withoutMetadata(payload),
      });
      return;
    }
    const { policy, identity, approvalsNeeded, expiresAt, readyAt, decisions, signature } = logged;
    this.#line({
      kind: "request",
      ...common,
      user: logged.user,
      signingPolicySlug: policy.slug,
      payload: withoutMetadata(logged.payload),
      key: this.#refOfKey(identity),
      ...{ approvalsNeeded, expiresAt, readyAt },
      decisions: decisions.length === 0 ? undefined : decisions.map(decisionLine),
      signature,
    });
  }

  decided({ id, readyAt }: SigningRequest, decision: Decision): void {
    this.#line({ kind: "decision", id, decision: decisionLine(decision), readyAt });
  }

  signed({ id }: SigningRequest, signature: string): void {
    this.#line({ kind: "signature", id, signature });
  }

  #refOfMetadata(value: unknown): number | undefined {
    if (value === undefined) return undefined;
    const known = typeof value === "object" && value !== null ? this.#metadata.get(value) : undefined;
    if (known !== undefined) return known;
    const ref = this.#next++;
    if (typeof value === "object" && value !== null) this.#metadata.set(value, ref);
    this.#line({ kind: "metadata", ref, value });
    return ref;
  }

  #refOfKey(identity: CertifiedKey): number {
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    const ref = this.#next++;
    this.#keys.set(identity, ref);
    const { keyId, certificate } = identity;
    this.#line({ kind: "key", ref, keyId, certificate: certificate?.toString("base64") });
    return ref;
  }

  #line(line: Line): void {
    this.#count++;
    this.#write(JSON.stringify(line));
  }
}

function withoutMetadata<T extends object>(payload: T): Omit<T, "Metadata"> {
  const { Metadata: _, ...rest } = payload as T & { Metadata?: unknown };
  return rest;
}

function decisionLine({ verdict, by, at, comment }: Decision): DecisionLine {
  return { verdict, by, at: at.getTime(), comment };
}
