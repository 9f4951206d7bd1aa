import { boundSigner } from "../../adapter/bound-signer.js";
import { formatAlgorithm } from "../../adapter/format-algorithms.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** How {@link dataIntegritySigner} signs. */
export interface DataIntegritySignerOptions {
  /** The URL of the verification method, which the proof names: `did:web:example.com#release`. */
  readonly id: string;
  /** Aborts each signature. */
  readonly signal?: AbortSignal | undefined;
}

/** A `signer` as the suites of Digital Bazaar take it. */
export interface DataIntegritySigner {
  readonly id: string;
  readonly algorithm: "P-256" | "P-384";
  readonly sign: (options: { data: Uint8Array }) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Data Integrity ECDSA Cryptosuites v1.0: the curve says the hash. */
const ECDSA_CRYPTOSUITES = {
  title: "the cryptosuite",
  algorithms: [
    { alg: "P-256", name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
    { alg: "P-384", name: "ECDSA", hash: "SHA-384", namedCurve: "P-384" },
  ],
} as const;

/**
 * The `signer` for `DataIntegrityProof` of @digitalbazaar/data-integrity (tested with 2.5 and its cryptosuite
 * ecdsa-rdfc-2019, 1.3): W3C Data Integrity proofs, of Verifiable Credentials for example.
 *
 * ```ts
 * const suite = new DataIntegrityProof({ signer: dataIntegritySigner(policy, { id }), cryptosuite });
 * await jsigs.sign(document, { suite, purpose, documentLoader });
 * ```
 *
 * The toolkit's verifier loads what `id` names, which must have the policy's public key; `EcdsaMultikey.fromJwk` makes a
 * Multikey of it. The W3C has suites for P-256 and P-384 only. The certificate is no part of a proof.
 *
 * @returns `signer` of a cryptosuite
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `sign` with whatever signing can fail with, and
 * `CERTIFICATE_CHANGED` if the policy has another certificate by then
 * @throws {TypeError} for an `id` that is no text
 */
export function dataIntegritySigner(
  policy: SigningPolicy,
  { id, signal }: DataIntegritySignerOptions,
): DataIntegritySigner {
  if (typeof id !== "string" || id === "") throw new TypeError("id must be the URL of a verification method");
  const algorithm = formatAlgorithm(policy, ECDSA_CRYPTOSUITES);
  const sign = boundSigner(policy, algorithm, { encoding: "p1363", signal });
  return {
    id,
    algorithm: algorithm.alg,
    sign: async ({ data }) => new Uint8Array((await sign(data)).buffer),
  };
}
