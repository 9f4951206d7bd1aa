import type { KeyObject } from "node:crypto";
import { randomBytes, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** Who signs a certificate. */
export interface Issuer {
  readonly name: string;
  /** ECDSA with P-256. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly notAfter?: Date;
}

/** What a certificate is for. */
export type Profile = "root" | "intermediate" | "leaf" | "server" | "timestamp";

/** When a certificate is valid, where it is to be another time than the profile's. */
export interface Validity {
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

/** What only some certificates have. */
export interface CertificateOptions {
  readonly validity?: Validity | undefined;
  /** DNS names and IP addresses of a server. */
  readonly hosts?: readonly string[];
  /** Extended key usages, where they are to be others than the profile's. */
  readonly purposes?: readonly string[];
  readonly purposesAreCritical?: boolean;
}

const YEARS: Readonly<Record<Profile, number>> = {
  root: 10,
  intermediate: 5,
  leaf: 2,
  server: 1,
  timestamp: 2,
};
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
// Without it `openssl cms -verify` refuses the signer: its default purpose is S/MIME.
const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const PURPOSES: ReadonlyMap<Profile, readonly string[]> = new Map([
  ["leaf", [CODE_SIGNING, EMAIL_PROTECTION]],
  ["server", [SERVER_AUTHENTICATION]],
  ["timestamp", [TIME_STAMPING]],
]);
/** Certificates are valid from a little earlier, for verifiers whose clock is behind. */
export const BACKDATED_MS: number = 5 * 60_000;

/** The years that a certificate's dates can be in (RFC 5280, section 4.1.2.5). */
const [FIRST_DATE, LAST_DATE] = [Date.UTC(1950, 0), Date.UTC(9999, 11, 31, 23, 59, 59)];

/** @throws TypeError where a certificate cannot say that */
export function assertValidity({ validFrom, validTo }: Validity): void {
  for (const [name, date] of Object.entries({ validFrom, validTo })) {
    if (date === undefined) continue;
    const time = date instanceof Date ? date.getTime() : Number.NaN;
    if (!(time >= FIRST_DATE && time <= LAST_DATE)) {
      throw new TypeError(`${name} must be a date in the years from 1950 to 9999.`);
    }
  }
  if ((validFrom?.getTime() ?? Date.now() - BACKDATED_MS) >= (validTo?.getTime() ?? LAST_DATE)) {
    throw new TypeError("validTo must be later than validFrom, which is some minutes ago by default.");
  }
}

/** Makes a certificate (RFC 5280) and gives its DER. */
export async function issueCertificate(
  profile: Profile,
  subject: string,
  publicKey: KeyObject,
  issuer: Issuer,
  options: CertificateOptions = {},
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
  const usage = {
    root: keyCertSign | cRLSign,
    intermediate: keyCertSign | cRLSign,
    leaf: digitalSignature | nonRepudiation,
    server: digitalSignature,
    timestamp: digitalSignature | nonRepudiation,
  }[profile];
  const isAuthority = profile === "root" || profile === "intermediate";
  const { validity, hosts = [], purposes = PURPOSES.get(profile) } = options;
  // An authority for timestamps says so, critically (RFC 3161, section 2.3).
  const { purposesAreCritical = profile === "timestamp" } = options;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject,
      issuer: issuer.name,
      ...validityOf(profile, issuer.notAfter, validity),
      publicKey: subjectKey,
      signingKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(isAuthority, profile === "intermediate" ? 0 : undefined, true),
        new x509.KeyUsagesExtension(usage, true),
        ...(purposes === undefined
          ? []
          : [new x509.ExtendedKeyUsageExtension([...purposes], purposesAreCritical)]),
        ...(hosts.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(hosts.map(generalName))]),
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

function generalName(host: string): { type: "dns" | "ip"; value: string } {
  return { type: isIP(host) === 0 ? "dns" : "ip", value: host };
}

/** No certificate outlives its issuer's, unless that is what was asked for. */
function validityOf(
  profile: Profile,
  limit: Date | undefined,
  { validFrom, validTo }: Validity = {},
): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(validFrom ?? Date.now() - BACKDATED_MS);
  notBefore.setUTCMilliseconds(0);
  const notAfter = new Date(notBefore);
  if (validTo !== undefined) return { notBefore, notAfter: validTo };
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS[profile]);
  return {
    notBefore,
    notAfter: validFrom === undefined && limit !== undefined && limit < notAfter ? limit : notAfter,
  };
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
