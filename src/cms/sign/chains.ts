import { X509Certificate } from "node:crypto";
import type { Bytes } from "../../base/bytes.js";
import { equal } from "../../base/bytes.js";
import type { SignPathError } from "../../base/errors.js";
import { buildChain, readCertificates } from "../../policy/chain.js";
import type { CertificateOptions } from "./options.js";
import { contradiction, refused } from "./refusal.js";

const INCOMPLETE_CHOICES: readonly unknown[] = ["ignore", "warn", "error"];

/** The chains of the signers' certificates, as far as they go into a signature. */
export class Chains {
  readonly #candidates: readonly Bytes[];
  readonly #includeRoot: boolean;
  readonly #incomplete: "ignore" | "warn" | "error";
  readonly #warn: ((error: SignPathError) => void) | undefined;
  readonly #known: { readonly leaf: Bytes; readonly included: readonly Bytes[] }[] = [];

  /**
   * @param present - `CertificateChoices` that are there already: they may be issuers
   * @throws {SignPathError} `CONFIG_INVALID` for a certificate that cannot be read, or options that do not go together
   */
  constructor(options: CertificateOptions, present: readonly Bytes[] = []) {
    const { certificates = [], includeRoot = false, incompleteChain = "ignore", onWarning } = options;
    if (!INCOMPLETE_CHOICES.includes(incompleteChain))
      throw contradiction(`incompleteChain must be ${INCOMPLETE_CHOICES.join(", ")}`);
    if (incompleteChain === "warn" && typeof onWarning !== "function")
      throw contradiction('incompleteChain "warn" needs onWarning, which hears of it');
    const given = readCertificates(typeof certificates === "string" ? [certificates] : certificates);
    this.#candidates = [...given, ...present.filter(isCertificate)];
    this.#includeRoot = includeRoot;
    this.#incomplete = incompleteChain;
    this.#warn = onWarning;
  }

  /**
   * What goes in for a certificate, with it first.
   *
   * @throws {SignPathError} `CHAIN_INCOMPLETE` where that is an error
   */
  of(leaf: Bytes): readonly Bytes[] {
    const known = this.#known.find((each) => equal(each.leaf, leaf));
    return known?.included ?? this.#keep(leaf, buildChain(leaf, this.#candidates));
  }

  #keep(leaf: Bytes, chain: readonly Bytes[]): readonly Bytes[] {
    const last = chain.at(-1) ?? leaf;
    if (this.#incomplete !== "ignore" && !isSelfSigned(last)) {
      const error = incomplete(leaf, last);
      if (this.#incomplete === "error") throw error;
      this.#warn?.(error);
    }
    const [, ...issuers] = chain;
    const included = [leaf, ...issuers.filter((der) => this.#includeRoot || !isSelfSigned(der))];
    this.#known.push({ leaf, included });
    return included;
  }
}

function isCertificate(der: Bytes): boolean {
  try {
    return new X509Certificate(der).raw.length === der.length;
  } catch {
    return false;
  }
}

function incomplete(leaf: Bytes, last: Bytes): SignPathError {
  const [subject, issuer] = [new X509Certificate(leaf).subject, new X509Certificate(last).issuer];
  const oneLine = (name: string): string => name.replaceAll("\n", ", ");
  return refused(
    "CHAIN_INCOMPLETE",
    `the certificates of ${oneLine(subject)} end below ${oneLine(issuer)}, which is missing: give the certificates up to the root in the option certificates`,
  );
}

/** Not only self-issued, as a certificate from an authority's old key for its new one is (RFC 5280, section 3.2). */
function isSelfSigned(der: Bytes): boolean {
  const certificate = new X509Certificate(der);
  return certificate.verify(certificate.publicKey);
}
