import { X509Certificate } from "node:crypto";
import type { Bytes } from "../base/bytes.js";
import { equal } from "../base/bytes.js";
import { SignPathError } from "../base/errors.js";
import type { SigningPolicy } from "../policy/signing-policy.js";

/**
 * Checks that a document which names a certificate, or its key, still names the key that signs. A certificate that was renewed
 * for the same key does no harm.
 *
 * @param named - the certificate that the document was made of; undefined where it names none
 * @throws {SignPathError} `CERTIFICATE_CHANGED`
 */
export function requireSameKey(policy: SigningPolicy, named: Bytes | undefined): void {
  if (named === undefined || equal(named, policy.certificateDer)) return;
  const [before, now] = [named, policy.certificateDer].map((der) => new X509Certificate(der).publicKey);
  if (before !== undefined && now?.equals(before)) return;
  throw new SignPathError(
    "CERTIFICATE_CHANGED",
    `the certificate of signing policy ${policy.reference} was replaced while a document that names the old one was signed; make it again`,
    { stage: "sign", retryable: true },
  );
}
