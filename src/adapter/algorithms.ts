import { isSignPathError, SignPathError } from "../base/errors.js";
import type { AlgorithmName } from "../key/algorithms.js";
import { allAlgorithms } from "../key/algorithms.js";
import type { SigningPolicy } from "../policy/signing-policy.js";
import type { HashName } from "../wire/signing.js";

/** How a toolkit signs: an algorithm by its WebCrypto name, with the hash. */
export interface AdapterAlgorithm {
  readonly name: AlgorithmName;
  readonly hash: HashName;
  /** The one curve that it is for, by its WebCrypto name; left out where any will do. */
  readonly namedCurve?: string | undefined;
}

/** A name of JOSE for signatures (RFC 7518, section 3.1), which COSE has as well (RFC 9053, RFC 8812). */
export type JoseAlgorithmName = `${"RS" | "PS" | "ES"}${"256" | "384" | "512"}`;

/** The same with its name of JOSE, for example `PS256`. */
export interface JoseAlgorithm extends AdapterAlgorithm {
  readonly alg: JoseAlgorithmName;
}

/** The hash that goes with a curve, to JOSE the only one (RFC 7518, section 3.4). */
const HASH_OF_CURVE: Readonly<Record<string, HashName>> = {
  "P-256": "SHA-256",
  "P-384": "SHA-384",
  "P-521": "SHA-512",
};

/** JOSE has no name for SHA-1. */
const JOSE: readonly JoseAlgorithm[] = allAlgorithms()
  .filter(({ hash }) => hash.name !== "SHA-1")
  .map(({ name, hash, joseName }) => {
    const alg = `${joseName}${hash.name.slice("SHA-".length)}` as JoseAlgorithmName;
    const namedCurve = Object.keys(HASH_OF_CURVE).find((curve) => HASH_OF_CURVE[curve] === hash.name);
    return Object.freeze({ name, hash: hash.name, alg, ...(name === "ECDSA" && { namedCurve }) });
  });

/** From the smallest; SHA-1 must be asked for by its name. */
const HASHES_BY_DEFAULT: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];

/**
 * The algorithm that JOSE calls `alg`, if the policy's key signs with it. Nothing is sent.
 *
 * @param alg - RS256, PS256, ES256 or one with 384 or 512; ES256 is for P-256 only, ES384 for P-384, ES512 for P-521
 * (RFC 7518, section 3.4)
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the key signs with; `POLICY_UNUSABLE`
 */
export function joseAlgorithm(policy: SigningPolicy, alg: string): JoseAlgorithm {
  const possible = joseAlgorithmsOf(policy);
  const found = possible.find((algorithm) => algorithm.alg === alg);
  if (found !== undefined) return found;
  const names = possible.map((algorithm) => algorithm.alg).join(", ") || "none of JOSE";
  const isKnown = JOSE.some((algorithm) => algorithm.alg === alg);
  const reason = isKnown
    ? `is not for the key of signing policy ${policy.reference}${keyOf(policy)}`
    : "is not an algorithm of JOSE that SignPath signs with";
  throw notSupported(`${JSON.stringify(String(alg).slice(0, 60))} ${reason}; with this policy use ${names}`);
}

/**
 * The algorithms of JOSE that the policy's key signs with, those with the shortest hash of each kind first.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`
 */
export function joseAlgorithmsOf(policy: SigningPolicy): JoseAlgorithm[] {
  return JOSE.filter((algorithm) => refusalOf(policy, algorithm) === undefined);
}

/**
 * What to sign with where the caller names no algorithm: RSA PKCS#1 v1.5 with SHA-256, RSA-PSS where the certificate is for
 * nothing else (with the hash that it allows), ECDSA with the hash of the key's curve.
 *
 * @param hash - the one that the caller names, if any
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` if the key does not sign with that hash; `POLICY_UNUSABLE`
 */
export function defaultAlgorithm(policy: SigningPolicy, hash?: HashName): AdapterAlgorithm {
  const { namedCurve } = policy;
  const ofCurve = namedCurve === undefined ? undefined : HASH_OF_CURVE[namedCurve];
  const wanted = hash ?? ofCurve;
  const hashes = wanted === undefined ? HASHES_BY_DEFAULT : [wanted];
  const names: readonly AlgorithmName[] =
    namedCurve === undefined ? ["RSASSA-PKCS1-v1_5", "RSA-PSS"] : ["ECDSA"];
  let refusal: SignPathError | undefined;
  for (const name of names) {
    for (const each of hashes) {
      refusal = refusalOf(policy, { name, hash: each });
      if (refusal === undefined) return { name, hash: each };
    }
  }
  throw refusal ?? notSupported(`signing policy ${policy.reference} signs with none of ${names.join(", ")}`);
}

/** Why the policy's key does not sign with an algorithm, if it does not. */
export function refusalOf(
  policy: SigningPolicy,
  { name, hash, namedCurve }: AdapterAlgorithm,
): SignPathError | undefined {
  try {
    policy.privateKey({ name, hash, namedCurve });
    return undefined;
  } catch (error) {
    if (isSignPathError(error) && error.code === "ALGORITHM_NOT_SUPPORTED") return error;
    throw error;
  }
}

/** What a message says of the policy's key, with a space before it. */
export function keyOf({ namedCurve, keySizeInBits }: SigningPolicy): string {
  return namedCurve === undefined ? ` (RSA, ${keySizeInBits} bits)` : ` (EC, ${namedCurve})`;
}

/** The error about an algorithm that was refused before anything was sent. */
export function notSupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", `${message}. Nothing was sent`, { stage: "sign" });
}
