import { X509Certificate } from "node:crypto";
import type { Bytes } from "../../../base/bytes.js";
import { equal } from "../../../base/bytes.js";
import type { SignPathError } from "../../../base/errors.js";
import { isSignPathError } from "../../../base/errors.js";
import { bindingOf } from "../../../key/crypto-key.js";
import { buildChain, isSelfSigned, readCertificates } from "../../../policy/chain.js";
import type { CertificateOptions } from "../options.js";
import { contradiction, refused, requireBoolean } from "../refusal.js";
import type { SignerPlan } from "../signer-plan.js";
import { fetchIssuers, issuerAddresses } from "./aia.js";
import type { AiaPlan } from "./aia-plan.js";
import { aiaPlanOf } from "./aia-plan.js";

const INCOMPLETE_CHOICES: readonly unknown[] = ["ignore", "warn", "error"];

/** In a chain that is fetched; the longest that there are have half as many. */
const MOST_CERTIFICATES = 16;

/** Certificates of a signature that is there already, as many as who verifies reads: each costs time, whoever put it there. */
const MOST_PRESENT = 500;

/** The chains of the signers' certificates, as far as they go into a signature. */
export class Chains {
  readonly #candidates: Bytes[];
  readonly #aia: AiaPlan | undefined;
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
    requireBoolean("includeRoot", includeRoot);
    if (!INCOMPLETE_CHOICES.includes(incompleteChain))
      throw contradiction(`incompleteChain must be ${INCOMPLETE_CHOICES.join(", ")}`);
    if (incompleteChain === "warn" && typeof onWarning !== "function")
      throw contradiction('incompleteChain "warn" needs onWarning, which hears of it');
    const given = readCertificates(typeof certificates === "string" ? [certificates] : certificates);
    this.#candidates = [...given, ...present.slice(0, MOST_PRESENT).filter(isCertificate)];
    this.#aia = aiaPlanOf(options.aia);
    this.#includeRoot = includeRoot;
    this.#incomplete = incompleteChain;
    this.#warn = onWarning;
  }

  /**
   * What goes in for a certificate, with it first; `undefined` where {@link complete} has to fetch something before.
   *
   * @throws {SignPathError} `CHAIN_INCOMPLETE` where that is an error
   */
  of(leaf: Bytes): readonly Bytes[] | undefined {
    const known = this.#known.find((each) => equal(each.leaf, leaf));
    if (known !== undefined) return known.included;
    const chain = buildChain(leaf, this.#candidates);
    return this.#aia === undefined || isComplete(chain) ? this.#keep(leaf, chain) : undefined;
  }

  /**
   * Fetches what the chains of signers lack; nothing is left to wait for where nothing is to be fetched.
   *
   * @throws {SignPathError} `CHAIN_INCOMPLETE` where that is an error, `ABORTED`
   */
  prepare(signers: readonly SignerPlan[], signal: AbortSignal | undefined): Promise<void> | undefined {
    const lacking = signers.filter(({ policy }) => this.of(policy.certificateDer) === undefined);
    return lacking.length === 0 ? undefined : this.#completeAll(lacking, signal);
  }

  async #completeAll(signers: readonly SignerPlan[], signal: AbortSignal | undefined): Promise<void> {
    for (const signer of signers) await this.complete(signer, signal);
  }

  /** The same for the certificate that one signer has now. */
  async complete({ policy, key }: SignerPlan, signal: AbortSignal | undefined): Promise<void> {
    const leaf = policy.certificateDer;
    const { api } = bindingOf(key).state.connection;
    const failures: SignPathError[] = [];
    let chain = buildChain(leaf, this.#candidates);
    for (let left = this.#aia?.maxCertificates ?? 0; left > 0 && !isComplete(chain); left--) {
      const url = issuerAddresses(chain.at(-1) ?? leaf)[failures.length];
      if (this.#aia === undefined || url === undefined) break;
      let fetched: readonly Bytes[];
      try {
        fetched = await fetchIssuers(url, this.#aia, api, signal);
      } catch (error) {
        if (!isSignPathError(error) || error.code === "ABORTED") throw error;
        failures.push(error);
        continue;
      }
      const longer = buildChain(leaf, [...this.#candidates, ...fetched]);
      // What does not help is not kept: each certificate costs time whenever a chain is built.
      const defect = defectOf(longer, chain, url);
      if (defect !== undefined) {
        failures.push(defect);
        continue;
      }
      failures.length = 0;
      this.#candidates.push(...longer.filter((der) => fetched.includes(der)));
      chain = longer;
    }
    if (this.#known.every((each) => !equal(each.leaf, leaf))) this.#keep(leaf, chain, failures.at(-1));
  }

  #keep(leaf: Bytes, chain: readonly Bytes[], cause?: SignPathError): readonly Bytes[] {
    if (this.#incomplete !== "ignore" && !isComplete(chain)) {
      const error = incomplete(leaf, chain.at(-1) ?? leaf, cause);
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

function isComplete(chain: readonly Bytes[]): boolean {
  const last = chain.at(-1);
  return last !== undefined && isSelfSigned(last);
}

/** Why what was fetched is of no use. */
function defectOf(longer: readonly Bytes[], chain: readonly Bytes[], url: URL): SignPathError | undefined {
  if (longer.length <= chain.length) return notTheIssuer(url);
  return longer.length > MOST_CERTIFICATES ? tooLong(url) : undefined;
}

function notTheIssuer({ host }: URL): SignPathError {
  return refused("INVALID_RESPONSE", `what ${host} gave is not the issuer of the certificate that names it`);
}

function tooLong({ host }: URL): SignPathError {
  return refused(
    "INVALID_RESPONSE",
    `with what ${host} gave the chain has more than ${MOST_CERTIFICATES} certificates`,
  );
}

function incomplete(leaf: Bytes, last: Bytes, cause: SignPathError | undefined): SignPathError {
  const [subject, issuer] = [new X509Certificate(leaf).subject, new X509Certificate(last).issuer];
  const oneLine = (name: string): string => name.replaceAll("\n", ", ");
  return refused(
    "CHAIN_INCOMPLETE",
    `the certificates of ${oneLine(subject)} end below ${oneLine(issuer)}, which is missing${cause === undefined ? "" : ` (${cause.message})`}: give the certificates up to the root in the option certificates`,
    cause,
  );
}
