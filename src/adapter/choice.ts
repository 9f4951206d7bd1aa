import type { CallOptions } from "../api/transport/request.js";
import { SignPathError } from "../base/errors.js";
import { SigningPolicy } from "../policy/signing-policy.js";
import type { AdapterAlgorithm } from "./algorithms.js";
import { defaultAlgorithm } from "./algorithms.js";

/** Who signs, and how. */
export interface SignerChoice extends CallOptions {
  /** Whose key signs. */
  readonly policy: SigningPolicy;
  /** Default: `"SHA-256"`, for an EC key the hash of its curve. */
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512" | undefined;
  /** Padding of an RSA signature. Default: `"pkcs1"`, where the certificate is not for RSA-PSS only. */
  readonly padding?: "pkcs1" | "pss" | undefined;
}

const HASHES: readonly unknown[] = ["SHA-256", "SHA-384", "SHA-512"];
const PADDINGS = { pkcs1: "RSASSA-PKCS1-v1_5", pss: "RSA-PSS" } as const;

/**
 * The algorithm of a choice, checked against the policy's key. Nothing is sent.
 *
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED`, `POLICY_UNUSABLE`
 * @throws {TypeError} for a policy that is none
 */
export function algorithmOf({ policy, hash, padding }: SignerChoice): AdapterAlgorithm {
  if (!(policy instanceof SigningPolicy))
    throw new TypeError("policy must be one that a SignPath client gave");
  if (hash !== undefined && !HASHES.includes(hash))
    throw notSupported(`${HASHES.join(", ")} are the hashes to sign with, not ${String(hash)}`);
  if (padding === undefined) return defaultAlgorithm(policy, hash);
  if (!Object.hasOwn(PADDINGS, padding))
    throw notSupported(`there is no padding ${String(padding)}: pkcs1 and pss are`);
  if (policy.keyType === "EC")
    throw notSupported(`padding is for RSA keys; ${policy.reference} has an EC key`);
  const algorithm = { name: PADDINGS[padding], hash: hash ?? "SHA-256" } as const;
  policy.privateKey(algorithm);
  return algorithm;
}

function notSupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", `${message}. Nothing was sent`, { stage: "sign" });
}
