import { equal } from "../../../base/bytes.js";
import { Malformed } from "../asn1/limits.js";
import type { Reason } from "../report.js";
import { verifyMessage } from "../signer/check-signature.js";
import { isReason, schemeOf } from "../signer/signature-algorithm.js";
import type { Certificate } from "./certificate.js";
import { authorityKeyIdentifierOf, subjectKeyIdentifierOf } from "./extensions.js";
import { keyDefect } from "./key.js";
import { sameName } from "./name.js";
import type { PathRules, Verdict } from "./validate.js";
import { validatePath } from "./validate.js";

/** Certificates in a path. */
const LONGEST_PATH = 12;

/** The path that was found, and what is wrong with it. */
export interface PathResult extends Verdict {
  /** The signer's certificate first, the trusted one last; empty where there is none. */
  readonly path: readonly Certificate[];
}

/**
 * Finds a valid path from a certificate to a trusted one. Where there are several issuers of a name, because of cross
 * certificates or new keys, each is tried; if no path is valid, the first one found is told of.
 *
 * @param anchors - trusted as they are, self-signed or not
 * @param others - certificates that may be in between
 */
export function findPath(
  leaf: Certificate,
  anchors: readonly Certificate[],
  others: readonly Certificate[],
  rules: PathRules,
): PathResult {
  return new Search(anchors, others, rules).run(leaf);
}

class Search {
  readonly #anchors: readonly Certificate[];
  readonly #others: readonly Certificate[];
  readonly #rules: PathRules;
  readonly #issued = new Map<Certificate, Map<Certificate, boolean>>();
  #rejected: PathResult | undefined;
  /** The longest way that led nowhere. */
  #deadEnd: readonly Certificate[] = [];

  constructor(anchors: readonly Certificate[], others: readonly Certificate[], rules: PathRules) {
    this.#anchors = anchors;
    this.#others = others.filter(({ der }) => !anchors.some((anchor) => equal(anchor.der, der)));
    this.#rules = rules;
  }

  run(leaf: Certificate): PathResult {
    const found = this.#from([leaf]) ?? this.#rejected;
    if (found !== undefined) return found;
    const last = this.#deadEnd.at(-1) ?? leaf;
    const message = this.#rules.effort.isUsedUp
      ? "no chain to a given root was found among so many certificates"
      : `the issuer of ${last.subjectText} is not among the certificates: ${last.issuerText}`;
    return { path: [], reasons: [{ code: "CHAIN_INCOMPLETE", message }], revocation: "unknown" };
  }

  #from(path: readonly Certificate[]): PathResult | undefined {
    const last = path.at(-1);
    if (last === undefined || this.#rules.effort.isUsedUp) return undefined;
    this.#rules.effort.step();
    const trusted = this.#anchors.find(({ der }) => equal(der, last.der));
    if (trusted !== undefined) return this.#judge(path);
    if (path.length > this.#deadEnd.length) this.#deadEnd = path;
    if (path.length >= LONGEST_PATH) return undefined;
    for (const issuer of this.#candidates(last)) {
      const isNew = path.every(({ der }) => !equal(der, issuer.der));
      if (!isNew || !this.#hasIssued(issuer, last)) continue;
      const found = this.#from([...path, issuer]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #judge(path: readonly Certificate[]): PathResult | undefined {
    this.#rules.effort.path();
    const result = { path, ...validatePath(path, this.#rules) };
    if (result.reasons.length === 0) return result;
    this.#rejected ??= result;
    return undefined;
  }

  /** Trusted ones first, and those whose key the certificate names. */
  #candidates(certificate: Certificate): Certificate[] {
    const keyId = identifier(() => authorityKeyIdentifierOf(certificate.extensions));
    const rank = (issuer: Certificate): number => {
      const own = keyId && identifier(() => subjectKeyIdentifierOf(issuer.extensions));
      return keyId && own && equal(keyId, own) ? 0 : 1;
    };
    return [this.#anchors, this.#others].flatMap((certificates) =>
      certificates
        .filter(({ subject }) => sameName(subject, certificate.issuer))
        .map((issuer) => ({ issuer, rank: rank(issuer) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ issuer }) => issuer),
    );
  }

  #hasIssued(issuer: Certificate, certificate: Certificate): boolean {
    const known = this.#issued.get(issuer) ?? new Map<Certificate, boolean>();
    this.#issued.set(issuer, known);
    const before = known.get(certificate);
    if (before !== undefined) return before;
    this.#rules.effort.check();
    const scheme = schemeOrReason(certificate);
    const result =
      !isReason(scheme) &&
      keyDefect(issuer.publicKey, true) === undefined &&
      verifyMessage(scheme, scheme.digest, issuer.publicKey, certificate.signature, certificate.tbs);
    known.set(certificate, result);
    return result;
  }
}

function schemeOrReason({ signatureAlgorithm }: Certificate): ReturnType<typeof schemeOf> {
  try {
    return schemeOf(signatureAlgorithm);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const reason: Reason = { code: "CHAIN_INVALID", message: error.message };
    return reason;
  }
}

/** An identifier that cannot be read gives no hint. */
function identifier(read: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
