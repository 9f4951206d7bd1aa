import { X509Certificate } from "node:crypto";
import { boundSigner, certificateGuard } from "../../adapter/bound-signer.js";
import { formatAlgorithm } from "../../adapter/format-algorithms.js";
import type { CertificateInput } from "../../policy/chain.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** A signature algorithm of C2PA (Content Credentials specification 2.2, section 13.2), as far as SignPath has such keys. */
export type C2paAlgorithm = "es256" | "es384" | "es512" | "ps256" | "ps384" | "ps512";

/** How {@link c2paSigner} signs. */
export interface C2paSignerOptions {
  /** Default: the one of the key's curve, or `ps256`. */
  readonly alg?: C2paAlgorithm | undefined;
  /** The issuers: PEM bundles, DER or certificate objects, in any order. */
  readonly certificates?: Iterable<CertificateInput> | undefined;
  /** An RFC 3161 authority that the toolkit, not this package, asks. Default: none. */
  readonly tsaUrl?: string | undefined;
  /** Bytes that the manifest keeps for the signature. Default: enough for the certificates, and a timestamp if there is one. */
  readonly reserveSize?: number | undefined;
  /** Aborts each signature. */
  readonly signal?: AbortSignal | undefined;
}

/** What `CallbackSigner.newSigner(config, callback)` of @contentauth/c2pa-node takes. */
export interface C2paSigner {
  readonly config: {
    alg: C2paAlgorithm;
    /** PEM, the policy's certificate first, each followed by its issuer; without the root. */
    certs: Buffer[];
    reserveSize: number;
    directCoseHandling: false;
    tsaUrl?: string;
  };
  readonly callback: (data: Buffer) => Promise<Buffer>;
}

const C2PA = {
  title: "C2PA",
  algorithms: [
    { alg: "ps256", name: "RSA-PSS", hash: "SHA-256" },
    { alg: "ps384", name: "RSA-PSS", hash: "SHA-384" },
    { alg: "ps512", name: "RSA-PSS", hash: "SHA-512" },
    { alg: "es256", name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" },
    { alg: "es384", name: "ECDSA", hash: "SHA-384", namedCurve: "P-384" },
    { alg: "es512", name: "ECDSA", hash: "SHA-512", namedCurve: "P-521" },
  ],
} as const;

/** The COSE headers and padding around certificates and signature. */
const OVERHEAD_BYTES = 2048;
/** What a timestamp with its certificates may take. */
const TIMESTAMP_BYTES = 10_000;

/**
 * Configuration and callback for `CallbackSigner.newSigner` of @contentauth/c2pa-node (0.5): Content Credentials (C2PA).
 *
 * ```ts
 * const { config, callback } = await c2paSigner(policy, { certificates: [intermediatesPem] });
 * await builder.signAsync(CallbackSigner.newSigner(config, callback), input, output);
 * ```
 *
 * The toolkit makes the COSE structure and hands over its bytes. What C2PA wants of a certificate (its extended key usage, no self-signed one) is checked by the toolkit alone, whose
 * `Reader` calls a code signing certificate untrusted unless its trust settings say otherwise. C2PA has no RSA PKCS#1 v1.5.
 *
 * @returns both arguments of `CallbackSigner.newSigner`
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`; `CONFIG_INVALID` for certificates that cannot be
 * read; the callback with whatever signing can fail with, and `CERTIFICATE_CHANGED` if the policy has another certificate by
 * then
 * @throws {TypeError} for a `reserveSize` or a `tsaUrl` that is none
 */
export async function c2paSigner(
  policy: SigningPolicy,
  { alg, certificates = [], tsaUrl, reserveSize, signal }: C2paSignerOptions = {},
): Promise<C2paSigner> {
  if (reserveSize !== undefined && !(Number.isSafeInteger(reserveSize) && reserveSize > 0))
    throw new TypeError("reserveSize must be a whole number of bytes");
  if (tsaUrl !== undefined && typeof tsaUrl !== "string") throw new TypeError("tsaUrl must be a text");
  const algorithm = formatAlgorithm(policy, C2PA, alg);
  const callback = boundSigner(policy, algorithm, { encoding: "p1363", signal });
  const requireSame = certificateGuard(policy);
  const chain = (await policy.certificateChain(certificates)).map(
    ({ rawData }) => new X509Certificate(new Uint8Array(rawData)),
  );
  requireSame();
  const withoutRoot = chain.filter((each, index) => index === 0 || !each.checkIssued(each));
  const bytes = withoutRoot.reduce((sum, { raw }) => sum + raw.length, 0);
  return {
    callback,
    config: {
      alg: algorithm.alg,
      certs: withoutRoot.map((certificate) => Buffer.from(certificate.toString())),
      reserveSize: reserveSize ?? OVERHEAD_BYTES + bytes + (tsaUrl === undefined ? 0 : TIMESTAMP_BYTES),
      directCoseHandling: false,
      ...(tsaUrl !== undefined && { tsaUrl }),
    },
  };
}
