import { X509Certificate } from "node:crypto";
import { viewOf } from "../../base/bytes.js";
import { SignPathError } from "../../base/errors.js";
import type { HashName } from "../../wire/signing.js";
import type { SyncSigner } from "./signer.js";

/** A message digest of node-forge, `forge.md.sha256.create()` or another. */
export interface ForgeMessageDigest {
  readonly algorithm: string;
  digest(): { getBytes(): string };
}

/** A private key to node-forge: what it calls when it signs PKCS #7 or a certification request. */
export interface ForgePrivateKey {
  sign(md: ForgeMessageDigest, scheme?: unknown): string;
}

const HASHES: ReadonlyMap<string, HashName> = new Map([
  ["sha256", "SHA-256"],
  ["sha384", "SHA-384"],
  ["sha512", "SHA-512"],
]);

/**
 * A key for node-forge's `pkcs7.createSignedData().addSigner({ key })`, `createCertificationRequest().sign(key)` and
 * `createCertificate().sign(key)`. node-forge signs with RSA PKCS #1 v1.5 there and nothing else.
 *
 * @returns the key; what it signs with is the caller's digest
 * @throws {SignPathError} `ALGORITHM_NOT_SUPPORTED` for a policy with an EC key. The key's `sign` throws it for SHA-1, which
 * is what node-forge takes by default, MD5 and RSA-PSS; nothing is sent
 */
export function forgeKey(signer: SyncSigner): ForgePrivateKey {
  const { asymmetricKeyType } = new X509Certificate(signer.certificateDer).publicKey;
  if (asymmetricKeyType !== "rsa")
    throw notSupported(`node-forge signs with RSA keys; ${signer.reference} has another`);
  return {
    sign(md, scheme) {
      const hash = HASHES.get(md.algorithm);
      if (hash === undefined)
        throw notSupported(
          `node-forge was to sign with ${md.algorithm}: ${[...HASHES.keys()].join(", ")} are to be had`,
        );
      if (scheme !== undefined && scheme !== null && scheme !== "RSASSA-PKCS1-V1_5")
        throw notSupported("node-forge was to sign with another padding than RSASSA-PKCS1-V1_5");
      const digest = Buffer.from(md.digest().getBytes(), "latin1");
      const signature = signer.signHash(digest, { name: "RSASSA-PKCS1-v1_5", hash });
      return Buffer.from(viewOf(signature)).toString("latin1");
    },
  };
}

function notSupported(message: string): SignPathError {
  return new SignPathError("ALGORITHM_NOT_SUPPORTED", `${message}. Nothing was sent`, { stage: "sign" });
}
