import { X509Certificate } from "node:crypto";
import { Undecodable } from "../../api/decode.js";
import type { Bytes } from "../../base/bytes.js";
import { messageOf } from "../../base/errors.js";
import { verifySignedData } from "../verify/verify-signed-data.js";
import type { Token } from "./token.js";

/**
 * Checks a token's signature at the time that it tells: that its signer's certificate is the one that it names (RFC 5816),
 * is for timestamps alone, by a critical extended key usage (RFC 3161, section 2.3), was valid, and has a chain.
 *
 * @param roots - DER; without them, the chain that the token brings along must hold up to where it ends, whoever that is
 * @throws {Undecodable} saying what is wrong
 */
export async function checkSignature(
  { bytes, info, certificates }: Token,
  roots: readonly Bytes[] | undefined,
): Promise<void> {
  if (certificates.length === 0) throw new Undecodable("its token lacks its signer's certificate");
  const anchors = roots ?? asn1Certificates(() => endsOf(certificates));
  const options = { roots: anchors, at: info.genTime, purpose: "timeStamping" } as const;
  await verifySignedData(bytes, options).catch((error: unknown) => {
    throw new Undecodable(`its token does not verify: ${messageOf(error)}`, { cause: error });
  });
}

/** Those that no other one of them has issued. */
function endsOf(certificates: readonly Bytes[]): Bytes[] {
  const parsed = certificates.map((der) => ({ der, certificate: new X509Certificate(der) }));
  const isIssued = (certificate: X509Certificate): boolean =>
    parsed.some(({ certificate: other }) => other !== certificate && certificate.checkIssued(other));
  return parsed.filter(({ certificate }) => !isIssued(certificate)).map(({ der }) => der);
}

function asn1Certificates<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new Undecodable("a certificate in its token cannot be read");
  }
}
