import { boundSigner } from "../../adapter/bound-signer.js";
import type { FormatAlgorithm } from "../../adapter/format-algorithms.js";
import { formatAlgorithm } from "../../adapter/format-algorithms.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** An algorithm of HTTP message signatures for a key pair (RFC 9421, section 3.3), as far as SignPath has such keys. */
export type HttpSignatureAlgorithm =
  | "rsa-pss-sha512"
  | "rsa-v1_5-sha256"
  | "ecdsa-p256-sha256"
  | "ecdsa-p384-sha384";

/** How {@link httpMessageSigner} signs. */
export interface HttpMessageSignerOptions {
  /** Default: `rsa-v1_5-sha256`, or `rsa-pss-sha512` for a key that is for RSA-PSS only; the key's own for ECDSA. */
  readonly alg?: HttpSignatureAlgorithm | undefined;
  /** The parameter `keyid`, by which the verifier finds the public key; left out, the signature has none. */
  readonly keyid?: string | undefined;
  /** Aborts each signature. */
  readonly signal?: AbortSignal | undefined;
}

/** A `SigningKey` of http-message-signatures. */
export interface HttpMessageSigner {
  readonly id?: string;
  readonly alg: HttpSignatureAlgorithm;
  readonly sign: (data: Buffer) => Promise<Buffer>;
}

const RFC_9421 = {
  title: "RFC 9421",
  algorithms: [
    { alg: "rsa-v1_5-sha256", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { alg: "rsa-pss-sha512", name: "RSA-PSS", hash: "SHA-512" },
    { alg: "ecdsa-p256-sha256", name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
    { alg: "ecdsa-p384-sha384", name: "ECDSA", hash: "SHA-384", namedCurve: "P-384" },
  ] satisfies readonly (FormatAlgorithm & { readonly alg: HttpSignatureAlgorithm })[],
};

/**
 * The `key` for `httpbis.signMessage` of http-message-signatures (tested with 1.0): HTTP message signatures (RFC 9421).
 *
 * ```ts
 * const key = httpMessageSigner(policy, { keyid: "release" });
 * const signed = await httpbis.signMessage({ key, fields: ["@method", "@authority", "content-digest"] }, request);
 * ```
 *
 * A signature covers the `fields` that are named and nothing else: the body only through a `content-digest` (RFC 9530) that
 * is computed by you. RFC 9421 has no algorithm for P-521. The toolkit's `paramValues.alg` overrides the name in the
 * signature, not what signs: leave it out.
 *
 * @returns `key` of `signMessage`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `sign` with whatever signing can fail with, and
 * `CERTIFICATE_CHANGED` if the policy has another certificate by then
 * @throws {TypeError} for a `keyid` that is no text of printable ASCII
 */
export function httpMessageSigner(
  policy: SigningPolicy,
  { alg, keyid, signal }: HttpMessageSignerOptions = {},
): HttpMessageSigner {
  // What a structured field can carry as a string: RFC 8941, section 3.3.3.
  if (keyid !== undefined && !(typeof keyid === "string" && /^[ -~]*$/.test(keyid)))
    throw new TypeError("keyid must be a text of printable ASCII");
  const algorithm = formatAlgorithm(policy, RFC_9421, alg);
  const sign = boundSigner(policy, algorithm, { encoding: "p1363", signal });
  return { ...(keyid !== undefined && { id: keyid }), alg: algorithm.alg, sign };
}
