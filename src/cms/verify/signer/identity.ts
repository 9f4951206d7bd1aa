import { hexOf, serialText } from "../asn1/primitives.js";
import type { SignerIdentifier } from "../parse/signer-info.js";
import type { Certificate } from "../path/certificate.js";
import { subjectKeyIdentifierOf } from "../path/extensions.js";
import { sameName } from "../path/name.js";
import type { SignerIdentity } from "../report.js";

/** Every certificate that a signature may mean; those with the same key identifier may be several. */
export function certificatesNamed(
  sid: SignerIdentifier,
  certificates: readonly Certificate[],
): Certificate[] {
  return certificates.filter((certificate) =>
    sid.kind === "issuerAndSerialNumber"
      ? sid.serialNumber === certificate.serialNumber && sameName(sid.issuer, certificate.issuer)
      : keyIdentifierOf(certificate) === sid.subjectKeyIdentifier,
  );
}

function keyIdentifierOf({ extensions }: Certificate): string | undefined {
  try {
    const identifier = subjectKeyIdentifierOf(extensions);
    return identifier && hexOf(identifier);
  } catch {
    return undefined;
  }
}

export function identityOf(sid: SignerIdentifier, certificate: Certificate | undefined): SignerIdentity {
  const named =
    sid.kind === "subjectKeyIdentifier"
      ? { subjectKeyIdentifier: sid.subjectKeyIdentifier }
      : { serialNumber: serialText(sid.serialNumber) };
  if (certificate === undefined) return named;
  const { subjectText, issuerText, serialNumber } = certificate;
  return { ...named, subject: subjectText, issuer: issuerText, serialNumber: serialText(serialNumber) };
}
