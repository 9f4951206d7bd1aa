import { X509Certificate } from "node:crypto";
import type { SigningPolicy } from "../../../policy/signing-policy.js";
import { keyText } from "../../certificates/certificate-text.js";
import type { Context } from "../context.js";
import { policiesToCheck } from "../context.js";
import type { Finding } from "../finding.js";
import { ok, warning } from "../finding.js";
import { perPolicy } from "../per-policy.js";

const HASHES = "SHA-256, SHA-384 or SHA-512";
const LEAST_RSA_BITS = 2048;

/** Key purposes (RFC 5280, section 4.2.1.12). */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ["1.3.6.1.5.5.7.3.3", "code signing"],
  ["1.3.6.1.5.5.7.3.4", "e-mail protection"],
  ["1.3.6.1.5.5.7.3.36", "document signing"],
  ["1.3.6.1.5.5.7.3.1", "TLS servers"],
  ["1.3.6.1.5.5.7.3.2", "TLS clients"],
]);

/** What kind of key each policy has, and what it can sign. */
export async function checkKey(context: Context): Promise<Finding[]> {
  return perPolicy(await policiesToCheck(context), (policy) => {
    const { keyType, keySizeInBits = 0, namedCurve, certificateDer } = policy;
    const certificate = new X509Certificate(certificateDer);
    const purposes = (certificate.keyUsage ?? []).map((oid) => PURPOSES.get(oid) ?? oid);
    const purpose = purposes.length === 0 ? "any purpose" : purposes.join(", ");
    const found = `${keyText(policy)} signs ${algorithms(policy, certificate)}; for ${purpose}`;
    const details = { keyType, keySizeInBits, namedCurve, purposes };
    if (keyType === "RSA" && keySizeInBits < LEAST_RSA_BITS)
      return warning(
        "WEAK_KEY",
        found,
        "Have the policy a key of 2048 bits or more: verifiers refuse this one.",
        details,
      );
    return ok(found, details);
  });
}

function algorithms({ keyType }: SigningPolicy, { publicKey }: X509Certificate): string {
  if (keyType === "EC") return `ECDSA with ${HASHES}`;
  if (publicKey.asymmetricKeyType !== "rsa-pss") return `RSA PKCS#1 v1.5 and RSA-PSS with ${HASHES}`;
  const hash = publicKey.asymmetricKeyDetails?.hashAlgorithm;
  return `RSA-PSS alone, with ${hash === undefined ? HASHES : hash.replace("sha", "SHA-")}`;
}
