import type { SigningPolicy, SigningSource } from "../../policy/signing-policy.js";
import type { Timestamps } from "./timestamps.js";
import { makeStamper } from "./timestamps.js";

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
}

/** Makes signatures of one kind with one policy. */
export interface Signer {
  /** WebCrypto name. */
  readonly algorithm: string;
  /** How long a signature may become, for content of so many bytes. */
  room(contentBytes: number): number;
  sign(source: SigningSource, signal: AbortSignal): Promise<Uint8Array>;
}

export const EXTENSIONS: Readonly<Record<SignatureFormat, string>> = { cms: ".p7s", raw: ".sig" };

const PADDINGS = { pkcs1: "RSASSA-PKCS1-v1_5", pss: "RSA-PSS" } as const;

/** Longer than any signature with its signed attributes and the policy's certificate. */
const USUAL_BYTES = 16 * 1024;

/** Longer than most timestamps with their certificates. */
const TIMESTAMP_BYTES = 16 * 1024;

/** What is longer will be refused: no room is needed for it. */
const MOST_ATTACHED_BYTES = 1024 ** 3;

/**
 * Checks that the policy can sign like that, before any file is touched.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`, `CONFIG_INVALID`
 */
export async function makeSigner(policy: SigningPolicy, options: SignatureOptions): Promise<Signer> {
  const { format, hash, padding } = options;
  const unpadded = policy.keyType === "EC" ? "ECDSA" : PADDINGS.pkcs1;
  const name = padding === undefined ? unpadded : PADDINGS[padding];
  const algorithm = { name, hash };
  policy.privateKey(algorithm);
  const signer =
    format === "cms" ? await cmsSigner(policy, options) : await rawSigner(policy, algorithm, options);
  return { algorithm: name, ...signer };
}

type Signing = Omit<Signer, "algorithm">;

async function cmsSigner(policy: SigningPolicy, options: SignatureOptions): Promise<Signing> {
  const { signCms } = await import("../../cms/index.js");
  const { hash, padding, attached, certificates, timestamps } = options;
  const stamp = timestamps && (await makeStamper(timestamps));
  const certificateBytes = certificates.reduce((sum, each) => sum + each.byteLength, 0);
  const signatureBytes = USUAL_BYTES + certificateBytes + (stamp === undefined ? 0 : TIMESTAMP_BYTES);
  return {
    room: (contentBytes) =>
      signatureBytes + (attached && contentBytes <= MOST_ATTACHED_BYTES ? contentBytes : 0),
    sign: async (source, signal) => {
      const cms = await signCms(source, { policy, hash, padding, detached: !attached, certificates, signal });
      return stamp === undefined ? cms : stamp(cms, signal);
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
