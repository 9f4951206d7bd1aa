/** One entry of `MySigningPolicies`. What the documentation leaves open is optional here. */
export interface SigningPolicyRecord {
  readonly signingPolicySlug: string;
  readonly projectSlug: string;
  readonly signingPolicyId?: string;
  /** `Rsa` has been seen; the spelling for elliptic curves is not documented. */
  readonly keyType?: string;
  readonly keySizeInBits?: number;
  readonly rsaParameters?: {
    /** Unsigned big-endian, standard Base64, no leading zero byte. */
    readonly publicExponent: string;
    readonly modulus: string;
  };
  /** Standard Base64 of the DER certificate: the leaf alone, without its chain. */
  readonly certificateBytes?: string;
  /** RSA: standard Base64 of the PKCS#1 `RSAPublicKey`, which is not a SubjectPublicKeyInfo. */
  readonly publicKeyBytes?: string;
  /** `X509` has been seen; other kinds (GPG keys) exist and have no X.509 certificate. */
  readonly certificateType?: string;
}

/** The body of `MySigningPolicies`. */
export interface MySigningPoliciesAnswer {
  readonly signingPolicies: readonly SigningPolicyRecord[];
}
