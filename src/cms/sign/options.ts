import { types } from "node:util";
import type { CallOptions } from "../../api/transport/request.js";
import type { Bytes } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { AlgorithmName } from "../../key/algorithms.js";
import type { SignPathCryptoKey } from "../../key/crypto-key.js";
import type { HashAlgorithm } from "../../key/hashes.js";
import { HASH_ALGORITHMS } from "../../key/hashes.js";
import type { CertificateInput } from "../../policy/chain.js";
import { readCertificates } from "../../policy/chain.js";
import { SigningPolicy } from "../../policy/signing-policy.js";
import type { HashName } from "../../wire/signing.js";

/** How to make a CMS signature. */
export interface SignCmsOptions extends CallOptions {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Hash of the content and of the signed attributes. Default: `"SHA-256"`. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Padding of an RSA signature. Default: `"pkcs1"`. */
  readonly padding?: "pkcs1" | "pss" | undefined;
  /** Leave the content out of the result. Default: `true`. */
  readonly detached?: boolean | undefined;
  /**
   * Issuers to include beside the policy's certificate: PEM bundles, DER or certificate objects. Those that are not part of
   * its chain are left out; the root too, because who verifies must have it anyway.
   */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** The signing time attribute, to the second. Default: now; `false` leaves it out. */
  readonly signingTime?: Date | false | undefined;
}

/** The options with their defaults, checked. */
export interface Plan {
  readonly policy: SigningPolicy;
  readonly key: SignPathCryptoKey & CryptoKey;
  readonly hash: HashAlgorithm;
  readonly detached: boolean;
  /** DER of those that may be issuers. */
  readonly candidates: readonly Bytes[];
  readonly signingTime: Date | undefined;
  readonly signal: AbortSignal | undefined;
}

const HASH_CHOICES: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];
const PADDING_CHOICES: ReadonlyMap<unknown, AlgorithmName> = new Map([
  ["pkcs1", "RSASSA-PKCS1-v1_5"],
  ["pss", "RSA-PSS"],
]);

/**
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CONFIG_INVALID`
 * @throws {TypeError} for a policy that is none, or a signing time that cannot be written
 */
export function planOf(options: SignCmsOptions): Plan {
  const { policy, detached = true, certificates = [], signingTime = new Date(), signal } = options;
  if (!(policy instanceof SigningPolicy))
    throw new TypeError("policy must be one that a SignPath client gave");
  const hash = hashOf(options.hash);
  const name = algorithmOf(policy, options.padding);
  if (signingTime !== false) requireTime(signingTime);
  return {
    policy,
    key: policy.privateKey({ name, hash: hash.name }) as SignPathCryptoKey & CryptoKey,
    hash,
    detached,
    candidates: readCertificates(typeof certificates === "string" ? [certificates] : certificates),
    signingTime: signingTime === false ? undefined : signingTime,
    signal,
  };
}

function hashOf(given: HashName = "SHA-256"): HashAlgorithm {
  const hash = HASH_CHOICES.includes(given) ? HASH_ALGORITHMS.get(given) : undefined;
  if (hash !== undefined) return hash;
  throw refused(`CMS is signed with ${HASH_CHOICES.join(", ")}, not with ${String(given)}`);
}

function algorithmOf(policy: SigningPolicy, padding: unknown): AlgorithmName {
  if (padding !== undefined && !PADDING_CHOICES.has(padding))
    throw refused(`there is no padding ${String(padding)}: pkcs1 and pss are`);
  if (policy.keyType !== "EC") return PADDING_CHOICES.get(padding) ?? "RSASSA-PKCS1-v1_5";
  if (padding === undefined) return "ECDSA";
  throw refused(`padding is for RSA keys; ${policy.reference} has an EC key`);
}

function refused(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", message, { stage: "cms" });
}

/** GeneralizedTime has four digits for the year (RFC 5652, section 11.3). */
function requireTime(time: unknown): void {
  const year = types.isDate(time) ? time.getUTCFullYear() : Number.NaN;
  if (!(year >= 0 && year <= 9999))
    throw new TypeError("signingTime must be a Date of the years 0 to 9999, or false");
}
