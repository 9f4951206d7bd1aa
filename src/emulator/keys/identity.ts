import type { KeyObject } from "node:crypto";
import { createHash } from "node:crypto";
import type { SigningPolicyRecord } from "../../wire/policies.js";
import type { PolicyDefinition } from "../catalogue.js";
import { PROJECT_SLUG } from "../catalogue.js";
import type { SigningKey } from "./signing-key.js";

/** A key of a policy and its certificate, by what is public about them. */
export interface CertifiedKey {
  /** SHA-256 of the public key's SubjectPublicKeyInfo, hexadecimal. */
  readonly keyId: string;
  /** DER; `undefined` for a policy without X.509. */
  readonly certificate: Buffer | undefined;
}

/** The key of a policy, its certificate, and what the API says about both. */
export interface Identity extends CertifiedKey {
  readonly key: SigningKey;
  readonly record: SigningPolicyRecord;
}

export function identityOf(
  policy: PolicyDefinition,
  key: SigningKey,
  certificate: Buffer | undefined,
): Identity {
  return { keyId: keyIdOf(key.publicKey), key, certificate, record: recordOf(policy, key, certificate) };
}

function keyIdOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("hex");
}

/** The entry of `MySigningPolicies`, its properties in the order in which the service was seen to write them. */
function recordOf(
  policy: PolicyDefinition,
  { publicKey }: SigningKey,
  certificate: Buffer | undefined,
): SigningPolicyRecord {
  const rsa = policy.key.type === "Rsa";
  const { n = "", e = "" } = rsa ? publicKey.export({ format: "jwk" }) : {};
  return {
    signingPolicySlug: policy.slug,
    projectSlug: PROJECT_SLUG,
    keySizeInBits: policy.key.bits,
    ...(rsa && { rsaParameters: { publicExponent: base64(e), modulus: base64(n) } }),
    signingPolicyId: policy.id,
    ...(certificate !== undefined && { certificateBytes: certificate.toString("base64") }),
    keyType: policy.key.type,
    publicKeyBytes: publicKey.export({ format: "der", type: rsa ? "pkcs1" : "spki" }).toString("base64"),
    certificateType: policy.certificateType,
  };
}

function base64(base64url: string): string {
  return Buffer.from(base64url, "base64url").toString("base64");
}
