import { KeyObject } from "node:crypto";
import type { SigningPolicy } from "../policy/signing-policy.js";
import type { AdapterAlgorithm } from "./algorithms.js";

/**
 * The policy's public key as PEM of a SubjectPublicKeyInfo (RFC 7468, section 13), with a final line break; of RSA always
 * with rsaEncryption, also where the certificate is for RSA-PSS only.
 *
 * @throws {SignPathError} `POLICY_UNUSABLE`, `ALGORITHM_NOT_SUPPORTED`
 */
export async function publicKeyPem(policy: SigningPolicy, algorithm: AdapterAlgorithm): Promise<string> {
  const key = KeyObject.from(await policy.publicKey(algorithm));
  return key.export({ type: "spki", format: "pem" }).toString();
}
