import type { SigningPolicy } from "../policy/signing-policy.js";
import type { AdapterAlgorithm } from "./algorithms.js";
import { keyOf, notSupported, refusalOf } from "./algorithms.js";

/** An algorithm with the name that a format gives it. */
export interface FormatAlgorithm extends AdapterAlgorithm {
  readonly alg: string;
}

/** The algorithms of a format, those first that are taken where the caller names none. */
export interface AlgorithmFormat<Algorithm extends FormatAlgorithm = FormatAlgorithm> {
  /** What a message calls the format: `RFC 9421`. */
  readonly title: string;
  readonly algorithms: readonly Algorithm[];
}

/**
 * The algorithm that a format calls `alg`, if the policy's key signs with it. Nothing is sent.
 *
 * @param alg - left out, the first one that the key signs with
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, naming those that the key signs with; `POLICY_UNUSABLE`
 */
export function formatAlgorithm<Algorithm extends FormatAlgorithm>(
  policy: SigningPolicy,
  { title, algorithms }: AlgorithmFormat<Algorithm>,
  alg?: string,
): Algorithm {
  const possible = algorithms.filter((algorithm) => refusalOf(policy, algorithm) === undefined);
  const found = alg === undefined ? possible[0] : possible.find((algorithm) => algorithm.alg === alg);
  if (found !== undefined) return found;
  const key = `the key of signing policy ${policy.reference}${keyOf(policy)}`;
  if (possible.length === 0) {
    const all = algorithms.map((algorithm) => algorithm.alg).join(", ");
    throw notSupported(`${title} has no algorithm for ${key}; it has ${all}`);
  }
  const isKnown = algorithms.some((algorithm) => algorithm.alg === alg);
  const given = typeof alg === "string" ? JSON.stringify(alg.slice(0, 60)) : "what was given";
  const reason = isKnown
    ? `is not for ${key}`
    : `is not an algorithm of ${title} that this package signs with`;
  const names = possible.map((algorithm) => algorithm.alg).join(", ");
  throw notSupported(`${given} ${reason}; with this policy use ${names}`);
}
