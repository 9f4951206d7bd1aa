import type { KeyObject } from "node:crypto";
import { constants, verify } from "node:crypto";
import { encodeBase64, exactCopy } from "../../../base/bytes.js";
import { resolve as resolveAlgorithm } from "../../../key/algorithms.js";
import { HASH_ALGORITHMS } from "../../../key/hashes.js";
import type { CertificateFacts } from "../../../policy/certificate.js";
import { readCertificate, UnusableCertificate } from "../../../policy/certificate.js";
import { Fields } from "../asn1/fields.js";
import { TAG } from "../asn1/tags.js";
import { readValue } from "../asn1/value.js";
import type { Certificate } from "../path/certificate.js";
import type { Digest } from "./digests.js";
import type { SignatureScheme } from "./signature-algorithm.js";

const KEY_TYPES: Readonly<Record<SignatureScheme["name"], readonly string[]>> = {
  "RSASSA-PKCS1-v1_5": ["rsa"],
  "RSA-PSS": ["rsa", "rsa-pss"],
  ECDSA: ["ec"],
  Ed25519: ["ed25519"],
};

/** Whether a key can have made a signature of this kind. */
export function fits(scheme: SignatureScheme, key: KeyObject): boolean {
  return KEY_TYPES[scheme.name].includes(key.asymmetricKeyType ?? "");
}

/**
 * Whether a message was signed. An ECDSA signature is one in DER alone.
 *
 * @param digest - needed but for Ed25519
 */
export function verifyMessage(
  scheme: SignatureScheme,
  digest: Digest | undefined,
  key: KeyObject,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  if (!fits(scheme, key)) return false;
  if (scheme.name === "Ed25519") return verify(null, message, key, signature);
  if (digest === undefined) return false;
  try {
    switch (scheme.name) {
      case "RSASSA-PKCS1-v1_5":
        return verify(digest.nodeName, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      case "RSA-PSS": {
        const { saltLength = digest.length } = scheme;
        return verify(
          digest.nodeName,
          message,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
          signature,
        );
      }
      case "ECDSA":
        return (
          isEcdsaDer(signature) && verify(digest.nodeName, message, { key, dsaEncoding: "der" }, signature)
        );
    }
  } catch {
    // OpenSSL refuses parameters that do not go with the key.
    return false;
  }
}

/**
 * Whether a message with this digest was signed: without signed attributes the message is the content, which is gone when
 * its signers are read. `undefined` where that cannot be told from the digest.
 */
export async function verifyDigest(
  scheme: SignatureScheme,
  digest: Digest,
  certificate: Certificate,
  signature: Uint8Array,
  hash: Uint8Array,
): Promise<boolean | undefined> {
  const algorithm = digest.name === "MD5" ? undefined : HASH_ALGORITHMS.get(digest.name);
  if (algorithm === undefined || scheme.name === "Ed25519") return undefined;
  if (scheme.saltLength !== undefined && scheme.saltLength !== digest.length) return undefined;
  if (scheme.name === "ECDSA" && !isEcdsaDer(signature)) return false;
  const facts = factsOf(certificate);
  if (facts === undefined) return undefined;
  const { scheme: checker } = resolveAlgorithm(scheme.name, algorithm.name, undefined);
  const signed = { hash: Buffer.from(hash).toString("base64"), message: undefined };
  const checked = await checker.check(exactCopy(signature), facts, algorithm, signed);
  return "signature" in checked;
}

/** `undefined` for keys on other curves than SignPath's. */
function factsOf({ der }: Certificate): CertificateFacts | undefined {
  try {
    return readCertificate(encodeBase64(der), "X509");
  } catch (error) {
    if (error instanceof UnusableCertificate) return undefined;
    throw error;
  }
}

/** ECDSA-Sig-Value (RFC 3279, section 2.2.3). */
function isEcdsaDer(signature: Uint8Array): boolean {
  try {
    const fields = new Fields(readValue(signature), "ECDSA-Sig-Value");
    fields.take("r", TAG.integer);
    fields.take("s", TAG.integer);
    fields.end();
    return true;
  } catch {
    return false;
  }
}
