import { createHash } from "node:crypto";
import { boundSigner, certificateGuard } from "../../adapter/bound-signer.js";
import { formatAlgorithm } from "../../adapter/format-algorithms.js";
import { publicKeyPem } from "../../adapter/public-key.js";
import { equal, exactCopy } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { SigningPolicy } from "../../policy/signing-policy.js";

/** What `new Key(…)` of @tufjs/models takes. */
export interface TufKey {
  /** SHA-256 of the key's canonical JSON, in hexadecimal. */
  readonly keyID: string;
  readonly keyType: "rsa" | "ecdsa";
  readonly scheme: "rsassa-pss-sha256" | "ecdsa-sha2-nistp256";
  /** `public`: PEM of the SubjectPublicKeyInfo. */
  readonly keyVal: { public: string };
}

/** As much of a `Metadata` of @tufjs/models as signing needs. */
export interface TufMetadata<Signature> {
  sign(signer: (data: Buffer) => Signature, append?: boolean): void;
}

/** How {@link signTuf} signs. */
export interface SignTufOptions<Signature> {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** The class of that name, of your copy of @tufjs/models. */
  readonly Signature: new (options: {
    keyID: string;
    sig: string;
  }) => Signature;
  /** Whether other signatures stay. Default: `true`. */
  readonly append?: boolean | undefined;
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
}

/** Of the schemes in the TUF specification (1.0, section 4.2) those that SignPath has keys for. */
const TUF = {
  title: "the TUF specification",
  algorithms: [
    { alg: "rsassa-pss-sha256", keyType: "rsa", name: "RSA-PSS", hash: "SHA-256" },
    {
      alg: "ecdsa-sha2-nistp256",
      keyType: "ecdsa",
      name: "ECDSA",
      hash: "SHA-256",
      namedCurve: "P-256",
    },
  ],
} as const;

/**
 * The policy's public key for `new Key(…)` of @tufjs/models (tested with 4.1), with the key id that TUF's specification
 * (1.0, section 4.2) gives it.
 *
 * RSA keys sign with RSA-PSS and SHA-256. P-384 and P-521 are refused: the specification has no scheme for them, and
 * implementations disagree on the hash.
 *
 * @returns what the constructor of `Key` takes
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 */
export async function tufKey(policy: SigningPolicy): Promise<TufKey> {
  const algorithm = formatAlgorithm(policy, TUF);
  const { alg: scheme, keyType } = algorithm;
  const pem = await publicKeyPem(policy, algorithm);
  // Canonical JSON as TUF has it: names in order, no white space, and line breaks stand for themselves.
  const canonical = `{"keytype":"${keyType}","keyval":{"public":"${pem}"},"scheme":"${scheme}"}`;
  const keyID = createHash("sha256").update(canonical).digest("hex");
  return { keyID, keyType, scheme, keyVal: { public: pem } };
}

/**
 * Signs a `Metadata` of @tufjs/models (tested with 4.1), whose own `sign` wants a signature at once: it is asked for the
 * bytes, they are signed, and it is given the signature for them.
 *
 * ```ts
 * await signTuf(metadata, { policy, Signature }); // import { Signature } from "@tufjs/models"
 * ```
 *
 * The metadata is changed only when all has gone well. Expiry, versions, thresholds and whether the key is one of the
 * role are not looked at: `verifyDelegate` does that.
 *
 * @returns the signature that `metadata` has now
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`, `CERTIFICATE_CHANGED`; `CONFIG_INVALID` if the
 * metadata was changed in the meantime; whatever signing can fail with
 * @throws {TypeError} for a `Signature` that is no class
 */
export async function signTuf<Signature>(
  metadata: TufMetadata<Signature>,
  { policy, Signature, append = true, signal }: SignTufOptions<Signature>,
): Promise<Signature> {
  if (typeof Signature !== "function") throw new TypeError("Signature must be the class of @tufjs/models");
  const algorithm = formatAlgorithm(policy, TUF);
  const sign = boundSigner(policy, algorithm, { encoding: "der", signal });
  const requireSame = certificateGuard(policy);
  const bytes = bytesToSign(metadata);
  const [sig, { keyID }] = await Promise.all([sign(bytes), tufKey(policy)]);
  requireSame();
  const signature = new Signature({ keyID, sig: sig.toString("hex") });
  metadata.sign((data) => {
    if (equal(data, bytes)) return signature;
    const message = "the metadata was changed while it was signed; sign it again";
    throw new SignPathError("CONFIG_INVALID", message, { stage: "sign" });
  }, append);
  return signature;
}

/** What the metadata's `sign` gives its signer; what that throws keeps the metadata as it was. */
function bytesToSign(metadata: TufMetadata<never>): Uint8Array<ArrayBuffer> {
  const captured = new Error("not an error: the bytes are signed elsewhere");
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    metadata.sign((data) => {
      bytes = exactCopy(data);
      throw captured;
    });
  } catch (error) {
    if (error !== captured) throw error;
  }
  if (bytes !== undefined) return bytes;
  throw new TypeError("the metadata's sign() gave its signer nothing to sign");
}
