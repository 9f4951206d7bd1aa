import type { KeyObject } from "node:crypto";
import { randomBytes, X509Certificate } from "node:crypto";

/** Who signs a certificate. */
export interface Issuer {
  readonly name: string;
  /** ECDSA with P-256. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** No certificate outlives its issuer's. */
  readonly notAfter?: Date;
}

/** What a certificate is for. */
export type Profile = "root" | "intermediate" | "leaf";

const YEARS: Readonly<Record<Profile, number>> = { root: 10, intermediate: 5, leaf: 2 };
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
// Without it `openssl cms -verify` refuses the signer: its default purpose is S/MIME.
const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
/** Certificates are valid from a little earlier, for verifiers whose clock is behind. */
const BACKDATED_MS = 5 * 60_000;

/** Makes a certificate (RFC 5280) and gives its DER. */
export async function issueCertificate(
  profile: Profile,
  subject: string,
  publicKey: KeyObject,
  issuer: Issuer,
): Promise<Buffer> {
  // A third of the start's time: not spent where every certificate comes from the state directory.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const { subtle } = globalThis.crypto;
  const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const pkcs8 = issuer.privateKey.export({ format: "der", type: "pkcs8" });
  const signingKey = await subtle.importKey("pkcs8", pkcs8, ecdsa, false, ["sign"]);
  const subjectKey = new x509.PublicKey(spki(publicKey));
  const issuerKey = new x509.PublicKey(spki(issuer.publicKey));
  const { digitalSignature, nonRepudiation, keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const usage = profile === "leaf" ? digitalSignature | nonRepudiation : keyCertSign | cRLSign;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject,
      issuer: issuer.name,
      ...validity(profile, issuer.notAfter),
      publicKey: subjectKey,
      signingKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(
          profile !== "leaf",
          profile === "intermediate" ? 0 : undefined,
          true,
        ),
        new x509.KeyUsagesExtension(usage, true),
        ...(profile === "leaf" ? [new x509.ExtendedKeyUsageExtension([CODE_SIGNING, EMAIL_PROTECTION])] : []),
        await x509.SubjectKeyIdentifierExtension.create(subjectKey, false, globalThis.crypto),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKey, false, globalThis.crypto),
      ],
    },
    globalThis.crypto,
  );
  return Buffer.from(certificate.rawData);
}

/** Whether a stored certificate still serves: for this key, from this issuer, and not over. */
export function isUsable(der: Buffer, privateKey: KeyObject, issuer: KeyObject): boolean {
  const certificate = new X509Certificate(der);
  return (
    certificate.checkPrivateKey(privateKey) &&
    certificate.verify(issuer) &&
    Date.parse(certificate.validTo) > Date.now()
  );
}

function validity(profile: Profile, limit: Date | undefined): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(Date.now() - BACKDATED_MS);
  notBefore.setUTCMilliseconds(0);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS[profile]);
  return { notBefore, notAfter: limit !== undefined && limit < notAfter ? limit : notAfter };
}

/** 128 bits, positive, without a leading zero (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function spki(key: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(key.export({ format: "der", type: "spki" }));
}
