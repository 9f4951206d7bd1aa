import type { SignPathError } from "../../base/errors.js";
import type { SigningPolicy, SigningSource } from "../../policy/signing-policy.js";
import type { CmsChoices } from "./cms-flags.js";
import type { Timestamps } from "./timestamps.js";
import { timestampOptions } from "./timestamps.js";

export type SignatureFormat = "cms" | "raw";
export type HashName = "SHA-256" | "SHA-384" | "SHA-512";

/** What a signature is to be. */
export interface SignatureOptions {
  readonly format: SignatureFormat;
  readonly hash: HashName;
  /** Undefined: PKCS#1 v1.5 for an RSA key. */
  readonly padding: "pkcs1" | "pss" | undefined;
  readonly attached: boolean;
  readonly ecdsaFormat: "der" | "ieee";
  readonly certificates: readonly Uint8Array[];
  readonly timestamps?: Timestamps | undefined;
  readonly cms?: CmsChoices | undefined;
  /** Hears of chains that are not complete, where the choices ask for that. */
  readonly onWarning?: ((error: SignPathError) => void) | undefined;
}

/** A result, whole or piece by piece. */
export type Signature = Uint8Array | AsyncIterable<Uint8Array>;

/** What is the same for each signature of a signer. */
interface SignerFacts {
  readonly format: SignatureFormat;
  /** WebCrypto name. */
  readonly algorithm: string;
  readonly hash: HashName;
}

/** Makes signatures, whose bytes somebody else writes. */
export interface ContentSigner extends SignerFacts {
  /** How long a signature may become, for content of so many bytes. */
  room(contentBytes: number): number;
  /**
   * @param onUnstamped - hears of a timestamp that is not to be had, for which the signature goes without; where nobody
   * listens, that is a failure
   */
  sign(
    source: SigningSource,
    signal: AbortSignal,
    onUnstamped?: ((error: SignPathError) => void) | undefined,
  ): Promise<Signature>;
}

/** Signs files, and writes them itself: whole or not at all. */
export interface FileSigner extends SignerFacts {
  /** @returns the length of the result in bytes */
  signFile(
    job: { readonly file: string; readonly output: string },
    signal: AbortSignal,
    onUnstamped?: ((error: SignPathError) => void) | undefined,
  ): Promise<number>;
}

/** Makes signatures of one kind with one policy. */
export type Signer = ContentSigner | FileSigner;

export const EXTENSIONS: Readonly<Record<SignatureFormat, string>> = { cms: ".p7s", raw: ".sig" };

const PADDINGS = { pkcs1: "RSASSA-PKCS1-v1_5", pss: "RSA-PSS" } as const;

/** Longer than any signature with its signed attributes and the policy's certificate. */
const USUAL_BYTES = 16 * 1024;

/** Longer than most timestamps with their certificates. */
const TIMESTAMP_BYTES = 16 * 1024;

/** What attached content grows by as BER, in pieces of some 100 KiB, and more. */
const BER_SHARE = 1 + 2 ** -12;

/**
 * Checks that the policy can sign like that, before any file is touched.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`, `CONFIG_INVALID`
 */
export async function makeSigner(policy: SigningPolicy, options: SignatureOptions): Promise<ContentSigner> {
  const { format, hash, padding } = options;
  const unpadded = policy.keyType === "EC" ? "ECDSA" : PADDINGS.pkcs1;
  const name = padding === undefined ? unpadded : PADDINGS[padding];
  const algorithm = { name, hash };
  policy.privateKey(algorithm);
  const signer =
    format === "cms" ? await cmsSigner(policy, options) : await rawSigner(policy, algorithm, options);
  return { format, hash, algorithm: name, ...signer };
}

type Signing = Pick<ContentSigner, "room" | "sign">;

async function cmsSigner(policy: SigningPolicy, options: SignatureOptions): Promise<Signing> {
  // Not all of CMS: who signs without a timestamp need not wait for what checks them.
  const { signCms } = await import("../../cms/sign/sign-cms.js");
  const { signCmsStream } = await import("../../cms/sign/sign-cms-stream.js");
  const { planOf } = await import("../../cms/sign/plan.js");
  const { hash, padding, attached, certificates, timestamps, cms = {}, onWarning } = options;
  const timestamp = timestamps && timestampOptions(timestamps);
  const fixed = { ...cms, policy, hash, padding, detached: !attached, certificates, timestamp };
  planOf({ ...fixed, onWarning: () => undefined });
  const certificateBytes = certificates.reduce((sum, each) => sum + each.byteLength, 0);
  const signatureBytes = USUAL_BYTES + certificateBytes + (timestamp === undefined ? 0 : TIMESTAMP_BYTES);
  return {
    room: (contentBytes) => signatureBytes + (attached ? Math.ceil(contentBytes * BER_SHARE) : 0),
    sign: async (source, signal, onUnstamped) => {
      const asked = {
        ...fixed,
        signal,
        onTimestampFailure: onUnstamped === undefined ? ("throw" as const) : ("unstamped" as const),
        onWarning: (error: SignPathError) =>
          error.code === "TIMESTAMP_FAILED" ? onUnstamped?.(error) : onWarning?.(error),
      };
      // DER of what is read once cannot be streamed.
      const isInMemory = !attached || (cms.encoding === "der" && typeof source !== "string");
      return isInMemory ? signCms(source, asked) : signCmsStream(source, asked);
    },
  };
}

async function rawSigner(
  policy: SigningPolicy,
  algorithm: { readonly name: string; readonly hash: HashName },
  { ecdsaFormat }: SignatureOptions,
): Promise<Signing> {
  const encode = algorithm.name === "ECDSA" && ecdsaFormat === "der" ? await derEncoder(policy) : undefined;
  return {
    room: () => USUAL_BYTES,
    sign: async (source, signal) => {
      const signature = await policy.signStream(source, algorithm, { signal });
      return encode?.(signature) ?? signature;
    },
  };
}

/** From r‖s to the SEQUENCE of RFC 3279, section 2.2.3, which openssl and most other verifiers take. */
async function derEncoder({ namedCurve }: SigningPolicy): Promise<(signature: Uint8Array) => Uint8Array> {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const curve = new Map([
    ["P-256", p256],
    ["P-384", p384],
    ["P-521", p521],
  ]).get(namedCurve ?? "");
  if (curve === undefined) throw new TypeError(`there is no ASN.1 form for a key on ${namedCurve}`);
  return (signature) => curve.Signature.fromBytes(signature, "compact").toBytes("der");
}
