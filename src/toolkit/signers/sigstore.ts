import { createHash, createPublicKey } from "node:crypto";
import { boundSigner, certificateGuard } from "../../adapter/bound-signer.js";
import { formatAlgorithm } from "../../adapter/format-algorithms.js";
import { publicKeyPem } from "../../adapter/public-key.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** How {@link sigstoreSigner} signs. */
export interface SigstoreSignerOptions {
  /**
   * What the bundle says of the key: the policy's certificate, or a hint by which the verifier finds the public key.
   * Default: `"x509Certificate"`.
   */
  readonly keyMaterial?: "x509Certificate" | "publicKey" | undefined;
  /** The hint beside a public key. Default: the SHA-256 of its SubjectPublicKeyInfo, in Base64. */
  readonly hint?: string | undefined;
  /** Aborts each signature. */
  readonly signal?: AbortSignal | undefined;
}

/** What a `Signer` of @sigstore/sign gives: a signature, of ECDSA in DER, and whose it is. */
export interface SigstoreSignature {
  readonly signature: Buffer;
  readonly key:
    | { readonly $case: "x509Certificate"; readonly certificate: string }
    | { readonly $case: "publicKey"; readonly publicKey: string; readonly hint: string };
}

/** A `Signer` of @sigstore/sign. */
export interface SigstoreSigner {
  readonly sign: (data: Buffer) => Promise<SigstoreSignature>;
}

/** A bundle does not say which: the toolkit verifies with these, whatever the curve. */
const BUNDLE = {
  title: "a bundle of Sigstore",
  algorithms: [
    { alg: "RSA PKCS#1 v1.5 with SHA-256", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    { alg: "ECDSA with SHA-256", name: "ECDSA", hash: "SHA-256" },
  ],
} as const;

/**
 * The `signer` for `DSSEBundleBuilder` and `MessageSignatureBundleBuilder` of @sigstore/sign (tested with 4.1).
 *
 * ```ts
 * const builder = new DSSEBundleBuilder({ signer: sigstoreSigner(policy), witnesses: [], certificateChain: true });
 * const bundle = await builder.create({ data: statement, type: "application/vnd.in-toto+json" });
 * ```
 *
 * RSA signs with PKCS#1 v1.5, and every key with SHA-256: @sigstore/verify (tested with 3.1) checks with nothing else. What
 * takes the hash from the curve, as sigstore-go does for P-384 and P-521, rejects the latter. Without a witness there is no
 * transparency log and no timestamp; a verifier must be told to ask for none.
 *
 * @returns `signer` of a bundle builder
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `sign` with whatever signing can fail with, and
 * `CERTIFICATE_CHANGED` if the policy has another certificate by then
 * @throws {TypeError} for a `keyMaterial` or a `hint` that is none
 */
export function sigstoreSigner(
  policy: SigningPolicy,
  { keyMaterial = "x509Certificate", hint, signal }: SigstoreSignerOptions = {},
): SigstoreSigner {
  if (keyMaterial !== "x509Certificate" && keyMaterial !== "publicKey")
    throw new TypeError("keyMaterial must be x509Certificate or publicKey");
  if (hint !== undefined && typeof hint !== "string") throw new TypeError("hint must be a text");
  const algorithm = formatAlgorithm(policy, BUNDLE);
  const sign = boundSigner(policy, algorithm, { encoding: "der", signal });
  const requireSame = certificateGuard(policy);
  const certificate = policy.certificatePem;
  if (keyMaterial === "x509Certificate") {
    return {
      sign: async (data) => ({ signature: await sign(data), key: { $case: keyMaterial, certificate } }),
    };
  }
  return {
    async sign(data) {
      const signing = sign(data); // takes the data before the first await
      const [signature, publicKey] = await Promise.all([signing, publicKeyPem(policy, algorithm)]);
      requireSame();
      return { signature, key: { $case: "publicKey", publicKey, hint: hint ?? hintOf(publicKey) } };
    },
  };
}

function hintOf(pem: string): string {
  const der = createPublicKey(pem).export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64");
}
